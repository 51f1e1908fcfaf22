/** How a series writes its numbers: 机关代字〔年〕序号 with hexagonal brackets (GB/T 9704-2012, 7.2.5), or as given. */
export interface Series {
  /** Key of the series, `energy-rectification`. */
  readonly code: string;
  /** `常机管节〔{year}〕{seq}号`; `{seq:4}` pads with zeros. */
  readonly pattern: string;
}

const PLACE = /\{(year|seq)(?::(\d))?\}/g;

/** True when a pattern says year and sequence exactly once each and nothing else in braces. */
export function isPattern(pattern: string): boolean {
  const places = [...pattern.matchAll(PLACE)].map(([, name]) => name).sort();
  return places.join() === 'seq,year' && !/[{}]/.test(pattern.replace(PLACE, ''));
}

/** The number as it is printed. */
export const writeNumber = (pattern: string, year: number, sequence: number): string =>
  pattern.replace(PLACE, (_, name: string, width = '1') =>
    name === 'year' ? String(year) : String(sequence).padStart(Number(width), '0'),
  );
