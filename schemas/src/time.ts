/**
 * Calendar arithmetic of Asia/Shanghai (UTC+8, no daylight saving since 1991), on epoch milliseconds.
 *
 * Intervals are half-open [start, end) and named by their start. Pure functions: the zone of the machine does not matter.
 */
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const ZONE = 'Asia/Shanghai';
const OFFSET = 8 * HOUR;

/** Start of the hour that contains `t` (whole hours coincide in UTC and UTC+8). */
export const hourStart = (t: number): number => Math.floor(t / HOUR) * HOUR;

/** Start of the Shanghai day that contains `t`. */
export const dayStart = (t: number): number => Math.floor((t + OFFSET) / DAY) * DAY - OFFSET;

/** Start of the Shanghai month that contains `t`, or of the month `shift` months away. */
export function monthStart(t: number, shift = 0): number {
  const local = new Date(t + OFFSET);
  return Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + shift, 1) - OFFSET;
}

/** Start of a Shanghai calendar year. */
export const yearStart = (year: number): number => Date.UTC(year, 0, 1) - OFFSET;

/** The Shanghai calendar date of `t`, `2026-11-23`. */
export const dateText = (t: number): string => new Date(t + OFFSET).toISOString().slice(0, 10);

/** RFC 3339 with the zone said: `2026-11-23T08:00:00.000+08:00`. */
export const shanghaiText = (t: number): string => new Date(t + OFFSET).toISOString().replace('Z', '+08:00');

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const INSTANT = /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * Parses a date in Asia/Shanghai (`2026-11-23`) or an RFC 3339 instant with offset; undefined when it is neither.
 */
export function parseInstant(text: string): number | undefined {
  const match = DATE.exec(text) ?? INSTANT.exec(text);
  if (!match || !isCalendarDay(Number(match[1]), Number(match[2]), Number(match[3]))) return undefined;
  const t = Date.parse(text.length === 10 ? `${text}T00:00:00+08:00` : text);
  return Number.isNaN(t) ? undefined : t;
}

/** Date.parse rolls 30 February into March: the day must come back as it was written. */
function isCalendarDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
