/** Day types of the Chinese calendar (State Council notices; domain handbook §3.7). */
import data from 'chinese-days/dist/chinese-days.json' with { type: 'json' };

export const DAY_TYPES = ['workday', 'weekend', 'holiday', 'adjusted-workday'] as const;
export type DayType = (typeof DAY_TYPES)[number];

export interface CalendarDay {
  readonly type: DayType;
  /** The notice of that year is not known yet: weekdays and weekends only, to be looked at again. */
  readonly provisional: boolean;
}

/** A person's own record of a day, which stands above the notice. */
export type CalendarOverrides = ReadonlyMap<string, DayType>;

/**
 * The notices as data. The library's own functions answer in the zone of the machine, and wrongly west of Shanghai
 * (2026-02-14 is "off" in New York).
 */
const notices: { holidays: Readonly<Record<string, string>>; workdays: Readonly<Record<string, string>> } = data;

/** Whether the notice of a year is known: its National Day is in it. */
export const isPublished = (year: number): boolean => Object.hasOwn(notices.holidays, `${year}-10-01`);

/** @param day `2026-02-14` */
export function dayType(day: string, overrides: CalendarOverrides = new Map()): CalendarDay {
  const own = overrides.get(day);
  if (own) return { type: own, provisional: false };
  const weekend = [0, 6].includes(new Date(`${day}T00:00:00Z`).getUTCDay());
  const provisional = !isPublished(Number(day.slice(0, 4)));
  if (Object.hasOwn(notices.holidays, day)) return { type: 'holiday', provisional };
  if (Object.hasOwn(notices.workdays, day)) return { type: 'adjusted-workday', provisional };
  return { type: weekend ? 'weekend' : 'workday', provisional };
}

export const isWorking = (type: DayType): boolean => type === 'workday' || type === 'adjusted-workday';
