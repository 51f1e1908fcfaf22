import type { Bucket, HourOfCity } from '../api/types.ts';
import { DAY_MS, dayStart, HOUR_MS } from './calendar.ts';

/**
 * One bucket as it is drawn. `running` holds the present moment and is never a gap yet; `future` has not begun. A gap has
 * no value: it is drawn as a gap and never as zero.
 */
export interface Column {
  start: number;
  end: number;
  value: number | null;
  coverage: number | null;
  state: 'full' | 'partial' | 'gap' | 'running' | 'future';
  /** Certain energy whose hours are unknown. */
  undistributed: number;
  disputed: number;
}

/** Above this coverage a bucket counts as complete where the API gives no state: one late reading of many is no news. */
const FULL_COVERAGE = 0.995;

/** True when a sum with this coverage is a lower bound only. */
export const isLowerBound = (coverage: number | null): boolean => coverage !== null && coverage < FULL_COVERAGE;

/** Buckets of the API as columns; `now` tells the running one from a gap. */
export function columnsOf(items: readonly Bucket[], now: number): Column[] {
  return items.map((item) => {
    const start = Date.parse(item.start);
    const end = Date.parse(item.end);
    const { consumption: value, coverage, undistributed, disputed } = item;
    return { start, end, value, coverage, undistributed, disputed, state: timed(start, end, now) ?? item.state };
  });
}

/** The 24 hours of the day that contains `day`; an hour in the past that the API does not list is a gap. */
export function dayColumns(hours: readonly HourOfCity[], day: number, now: number): Column[] {
  const listed = new Map(hours.map((hour) => [Date.parse(hour.start), hour]));
  const first = dayStart(day);
  return Array.from({ length: DAY_MS / HOUR_MS }, (_, i) => {
    const start = first + i * HOUR_MS;
    const end = start + HOUR_MS;
    const value = listed.get(start)?.consumption ?? null;
    const coverage = listed.get(start)?.coverage ?? null;
    const known = value === null ? 'gap' : isLowerBound(coverage) ? 'partial' : 'full';
    return { start, end, value, coverage, undistributed: 0, disputed: 0, state: timed(start, end, now) ?? known };
  });
}

const timed = (start: number, end: number, now: number): 'running' | 'future' | null => {
  if (start > now) return 'future';
  return end > now ? 'running' : null;
};

/** Runs of neighbouring gaps, [from, to] as indexes, both inclusive: each is hatched and labelled once. */
export function gapRuns(columns: readonly Column[]): [number, number][] {
  const runs: [number, number][] = [];
  columns.forEach((column, i) => {
    if (column.state !== 'gap') return;
    const last = runs.at(-1);
    if (last && last[1] === i - 1) last[1] = i;
    else runs.push([i, i]);
  });
  return runs;
}

/** The y values of the two bar series: complete buckets, and those known in part. Elsewhere null, which draws nothing. */
export function barSeries(columns: readonly Column[]): { solid: (number | null)[]; faint: (number | null)[] } {
  return {
    solid: columns.map((column) => (column.state === 'full' ? column.value : null)),
    faint: columns.map((column) => (column.state === 'partial' || column.state === 'running' ? column.value : null)),
  };
}

/** True when no column has a value: there is nothing to draw but the gaps. */
export const isEmpty = (columns: readonly Column[]): boolean => columns.every((column) => column.value === null);
