import type { Query } from '../../api/client.ts';
import { DAY_MS, dayStart, HOUR_MS, hourStart, rfc3339 } from '../../chart/calendar.ts';

/** The running hour and the 23 before it. */
export function lastHours(now: number): Query {
  const end = hourStart(now) + HOUR_MS;
  return { grain: 'hour', from: rfc3339(end - DAY_MS), to: rfc3339(end) };
}

/** Today and the 29 Shanghai days before it. */
export function lastDays(now: number): Query {
  const end = dayStart(now) + DAY_MS;
  return { grain: 'day', from: rfc3339(end - 30 * DAY_MS), to: rfc3339(end) };
}
