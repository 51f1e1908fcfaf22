/**
 * Hours and days of Asia/Shanghai (UTC+8, no daylight saving) on epoch ms. The same rule as schemas/src/time.ts, which a
 * browser bundle cannot import; contract.test.ts holds the two together.
 */
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const OFFSET_MS = 8 * HOUR_MS;

export const hourStart = (t: number): number => Math.floor(t / HOUR_MS) * HOUR_MS;

export const dayStart = (t: number): number => Math.floor((t + OFFSET_MS) / DAY_MS) * DAY_MS - OFFSET_MS;

export const rfc3339 = (t: number): string => new Date(t + OFFSET_MS).toISOString().replace('.000Z', '+08:00');

/** The share 0 to 1 of the Shanghai calendar year that has passed at `t`. */
export function yearElapsed(t: number, year: number): number {
  const start = Date.UTC(year, 0, 1) - OFFSET_MS;
  const end = Date.UTC(year + 1, 0, 1) - OFFSET_MS;
  return Math.min(1, Math.max(0, (t - start) / (end - start)));
}

/** The Shanghai calendar year of `t`. */
export const yearOf = (t: number): number => new Date(t + OFFSET_MS).getUTCFullYear();
