import { DAY, dayStart, HOUR } from '@ganzhi/schemas';
import type { TypeCode } from '../population/catalogue.ts';
import { dayKind } from './calendar.ts';

/** When a type of institution is in use (domain.md §3.7). */
export interface UseProfile {
  /** Hour of the day and share of full use, joined by lines. */
  workday: readonly (readonly [number, number])[];
  /** Use on other days, as a share of a workday's. */
  weekend: number;
  holiday: number;
  /** What runs when nobody is there, as a share of full use. */
  base: number;
  /** Use by month, January first. */
  months?: readonly number[];
  /** Saturday and Sunday differ, or a weekday is closed. */
  weekdays?: Readonly<Record<number, number>>;
}

const OFFICE: UseProfile = {
  workday: [
    [0, 0],
    [7, 0],
    [8.5, 0.95],
    [9, 1],
    [11.5, 1],
    [12.5, 0.85],
    [14, 1],
    [17.5, 1],
    [18.5, 0.25],
    [20, 0.08],
    [22, 0],
    [24, 0],
  ],
  weekend: 0.12,
  holiday: 0.06,
  base: 0.16,
};
const SCHOOL_MONTHS = [0.7, 0.6, 1, 1, 1, 1, 0.3, 0.3, 1, 1, 1, 1];
const UNIVERSITY_MONTHS = [0.85, 0.45, 1, 1, 1, 1, 0.5, 0.45, 1, 1, 1, 1];

export const USE_PROFILES: Readonly<Record<TypeCode, UseProfile>> = {
  office: OFFICE,
  'service-centre': {
    ...OFFICE,
    workday: [
      [0, 0],
      [7.5, 0],
      [8.5, 1],
      [12, 0.85],
      [13.5, 1],
      [17.5, 1],
      [18.5, 0.1],
      [20, 0],
      [24, 0],
    ],
    weekend: 0.3,
    weekdays: { 6: 0.5, 0: 0.2 },
  },
  hospital: {
    workday: [
      [0, 0.3],
      [5, 0.3],
      [6, 0.5],
      [8, 1],
      [11.5, 1],
      [13, 0.9],
      [17, 0.95],
      [20, 0.7],
      [22, 0.45],
      [24, 0.3],
    ],
    weekend: 0.75,
    holiday: 0.68,
    base: 0.35,
  },
  school: {
    workday: [
      [0, 0],
      [6.5, 0],
      [7.5, 0.9],
      [9, 1],
      [12, 0.9],
      [16, 1],
      [17.5, 0.7],
      [18.5, 0.1],
      [20, 0],
      [24, 0],
    ],
    weekend: 0.08,
    holiday: 0.05,
    base: 0.08,
    months: SCHOOL_MONTHS,
  },
  university: {
    workday: [
      [0, 0.15],
      [6, 0.15],
      [7, 0.6],
      [9, 0.85],
      [14, 0.85],
      [18, 1],
      [21, 1.05],
      [22.5, 0.7],
      [24, 0.2],
    ],
    weekend: 0.75,
    holiday: 0.5,
    base: 0.22,
    months: UNIVERSITY_MONTHS,
  },
  library: {
    workday: [
      [0, 0],
      [8, 0],
      [9, 0.9],
      [14, 1],
      [20, 0.95],
      [21, 0.4],
      [22, 0],
      [24, 0],
    ],
    weekend: 1.2,
    holiday: 1.1,
    base: 0.13,
    weekdays: { 1: 0.15 },
  },
  police: {
    workday: [
      [0, 0.45],
      [6, 0.45],
      [8.5, 1],
      [18, 1],
      [20, 0.7],
      [24, 0.45],
    ],
    weekend: 0.85,
    holiday: 0.85,
    base: 0.3,
  },
  'other-public': { ...OFFICE, base: 0.18, weekend: 0.15 },
  association: { ...OFFICE, base: 0.12 },
};

/**
 * Share of full use at `t`, 0 to about 1.2.
 */
export function useAt(profile: UseProfile, t: number): number {
  const start = dayStart(t);
  const local = new Date(t + 8 * HOUR);
  const month = profile.months?.[local.getUTCMonth()] ?? 1;
  return interpolate(profile.workday, ((t - start) / DAY) * 24) * dayFactor(profile, t, local.getUTCDay()) * month;
}

function dayFactor(profile: UseProfile, t: number, weekday: number): number {
  const kind = dayKind(t);
  if (kind === 'holiday') return profile.holiday;
  const special = profile.weekdays?.[weekday];
  // A make-up Saturday is a workday like any other; a closed Monday stays closed.
  if (special !== undefined && (kind === 'weekend' || (weekday > 0 && weekday < 6))) return special;
  return kind === 'workday' ? 1 : profile.weekend;
}

function interpolate(curve: UseProfile['workday'], hour: number): number {
  let [previousHour, previous] = curve[0] ?? [0, 0];
  for (const [nextHour, next] of curve) {
    if (hour < nextHour) return previous + ((next - previous) * (hour - previousHour)) / (nextHour - previousHour);
    [previousHour, previous] = [nextHour, next];
  }
  return previous;
}
