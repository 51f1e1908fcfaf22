/** Where something stands in a template's source: which point, by its place in the list, and which of its fields. */
export interface Place {
  index?: number | undefined;
  field?: string | undefined;
}

/** In TypeScript or JSON: `quantity:` or `"quantity":` begins a point, in the order of the list. */
const POINT = /["']?quantity["']?\s*:/g;

/**
 * The line (from 1) of a field of a point, or of the point where the field is missing; of a field of the template itself
 * without an index. Undefined when the text has no such place. Pure.
 */
export function lineOf(text: string, { index, field }: Place): number | undefined {
  const starts = [...text.matchAll(POINT)].map((match) => match.index);
  const from = index === undefined ? 0 : starts[index];
  if (from === undefined) return undefined;
  const until = index === undefined ? (starts[0] ?? text.length) : (starts[index + 1] ?? text.length);
  const at = field === undefined ? -1 : text.slice(from, until).search(new RegExp(`["']?\\b${field}\\b["']?\\s*:`));
  if (at < 0 && index === undefined) return undefined;
  return text.slice(0, from + Math.max(at, 0)).split('\n').length;
}
