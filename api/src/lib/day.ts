import { DAY, dateText, parseInstant } from '@ganzhi/schemas';
import { z } from 'zod';
import { wrongField } from '../errors/refuse.ts';

const isDay = (text: string): boolean => /^(199\d|20\d\d)-\d{2}-\d{2}$/.test(text) && parseInstant(text) !== undefined;

/** A calendar day in Asia/Shanghai, `2026-11-23`. */
export const Day = z
  .string()
  .refine(isDay, 'write a day of 1990 to 2099 as 2026-11-23 · 请写 1990 至 2099 年的日期，如 2026-11-23')
  .meta({ format: 'date' });

/** A span of days, `to` not included. */
export interface Days {
  from: string;
  to: string;
}

/** Start of a Shanghai day, epoch milliseconds. */
export const dayInstant = (day: string): number => Date.parse(`${day}T00:00:00+08:00`);

export const daysBetween = ({ from, to }: Days): number => (Date.parse(to) - Date.parse(from)) / DAY;

/** @throws Refusal `invalid-request` when the span is empty */
export function checkedDays({ from, to }: Days): Days {
  if (from < to) return { from, to };
  throw wrongField('to', { zh: 'to 必须晚于 from。', en: '"to" must be later than "from".' });
}

export const firstDay = (a: string, b: string): string => (a.localeCompare(b) < 0 ? a : b);

/** The part of a span that has begun: days not after the day of `now`. */
export const elapsedDays = ({ from, to }: Days, now: number): Days => {
  const begun = firstDay(to, dateText(now + DAY));
  return { from, to: firstDay(from, begun) === from ? begun : from };
};

/** A calendar year. */
export const yearDays = (year: number): Days => ({ from: `${year}-01-01`, to: `${year + 1}-01-01` });

/** The same day of another month; the last day of a shorter month where there is none. */
export function addMonths(day: string, months: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(date, last))).toISOString().slice(0, 10);
}
