/** Small pieces that several statements share. */

/** An instant as PostgreSQL reads it exactly; infinities included. */
export function instant(ts: number): string {
  if (Number.isFinite(ts)) return new Date(ts).toISOString();
  return ts > 0 ? 'infinity' : '-infinity';
}

/** Rows per statement: arrays of some megabytes at most. */
const ROWS = 10_000;

/** Consecutive slices of a list, each small enough for one statement. */
export function slices<T>(list: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(list.length / ROWS) }, (_, i) => list.slice(i * ROWS, (i + 1) * ROWS));
}

/**
 * Numbers, instants or names as the text of an array parameter. The driver quotes and escapes element by element, which for
 * lists of ten thousands costs more than the statement; none of these needs it.
 */
export const textArray = (list: readonly (number | bigint | string)[]): string => `{${list.join(',')}}`;
