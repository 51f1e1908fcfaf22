import { dateText, MINUTE, shanghaiText } from '@ganzhi/schemas';

/** RFC 3339 text of a nullable instant. */
export const instantOrNull = (t: number | null): string | null => (t === null ? null : shanghaiText(t));

/** The Shanghai calendar year of `t`. */
export const yearOf = (t: number): number => Number(dateText(t).slice(0, 4));

/** Figures that move with the clock move by the minute, so that polls in between find nothing changed. */
export const minuteStart = (t: number): number => Math.floor(t / MINUTE) * MINUTE;
