import { DAY, dateText, dayStart, HOUR } from '@ganzhi/schemas';
import published from 'chinese-days/dist/chinese-days.json' with { type: 'json' };

export type DayKind = 'workday' | 'weekend' | 'holiday';

/**
 * Only the data of chinese-days is used: its functions build their tables in the machine's zone and are a day off west of
 * Greenwich (1.5.7). Keys are dates, `2026-02-14`.
 */
const HOLIDAYS: ReadonlySet<string> = new Set(Object.keys(published.holidays));
const MAKE_UP_WORKDAYS: ReadonlySet<string> = new Set(Object.keys(published.workdays));

const known = new Map<number, DayKind>();

/**
 * Kind of the Shanghai day that contains `t`, with the State Council's holidays and make-up workdays. Years not yet
 * published count as plain weeks (they come out in November before).
 */
export function dayKind(t: number): DayKind {
  const start = dayStart(t);
  const cached = known.get(start / DAY);
  if (cached) return cached;
  const date = dateText(t);
  const weekday = new Date(start + 8 * HOUR).getUTCDay();
  const onWeekend = (weekday === 0 || weekday === 6) && !MAKE_UP_WORKDAYS.has(date);
  const kind = HOLIDAYS.has(date) ? 'holiday' : onWeekend ? 'weekend' : 'workday';
  known.set(start / DAY, kind);
  return kind;
}
