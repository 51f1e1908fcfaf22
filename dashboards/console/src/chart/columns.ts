import type { Bucket, Consumption, HourOfCity } from '../api/types.ts';
import { DAY_MS, dayStart, HOUR_MS } from './calendar.ts';

/**
 * One bucket as it is drawn. `running` holds the present moment; `pending` is not due yet, so that nothing is missing. A gap
 * has no value although one was due: it is drawn as a gap and never as zero.
 */
export interface Column {
  start: number;
  end: number;
  value: number | null;
  coverage: number | null;
  state: 'full' | 'partial' | 'gap' | 'running' | 'pending';
  /** Part of the value that is certain, but whose hours are unknown. */
  undistributed: number;
  /** Waits for a decision; not part of the value. */
  disputed: number;
}

/** Above this coverage a bucket counts as complete where the API gives no state: one late reading of many is no news. */
const FULL_COVERAGE = 0.995;

/** True when a sum with this coverage is a lower bound only. */
export const isLowerBound = (coverage: number | null): boolean => coverage !== null && coverage < FULL_COVERAGE;

/**
 * The buckets of a span as columns. The API lists every bucket that has begun and is due; the rest of the span, up to `to`,
 * is pending.
 */
export function columnsOf({ grain, to, items }: Pick<Consumption, 'grain' | 'to' | 'items'>, now: number): Column[] {
  const columns = items.map((item) => {
    const start = Date.parse(item.start);
    const end = Date.parse(item.end);
    const { consumption: value, coverage, undistributed, disputed } = item;
    return { start, end, value, coverage, undistributed, disputed, state: stateAt(now, start, end, item.state) };
  });
  const last = columns.at(-1);
  if (!last || grain === 'month') return columns;
  const step = grain === 'hour' ? HOUR_MS : DAY_MS;
  const rest = Math.max(0, Math.round((Date.parse(to) - last.end) / step));
  return [...columns, ...Array.from({ length: rest }, (_, i) => pending(last.end + i * step, step))];
}

/** The 24 hours of the Shanghai day that contains `day`; an hour that is not listed is not due yet. */
export function dayColumns(hours: readonly HourOfCity[], day: number, now: number): Column[] {
  const listed = new Map(hours.map((hour) => [Date.parse(hour.start), hour]));
  const first = dayStart(day);
  return Array.from({ length: DAY_MS / HOUR_MS }, (_, i) => {
    const start = first + i * HOUR_MS;
    const hour = listed.get(start);
    if (!hour) return pending(start, HOUR_MS);
    const { consumption: value, coverage } = hour;
    const end = start + HOUR_MS;
    const known = value === null ? 'gap' : isLowerBound(coverage) ? 'partial' : 'full';
    return { start, end, value, coverage, undistributed: 0, disputed: 0, state: stateAt(now, start, end, known) };
  });
}

const pending = (start: number, step: number): Column => ({
  start,
  end: start + step,
  value: null,
  coverage: null,
  undistributed: 0,
  disputed: 0,
  state: 'pending',
});

/** What is due and has not come is a gap even while its bucket runs. */
const stateAt = (now: number, start: number, end: number, known: Bucket['state']): Column['state'] =>
  known !== 'gap' && start <= now && now < end ? 'running' : known;

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
