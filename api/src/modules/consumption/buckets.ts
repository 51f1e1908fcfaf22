import { DAY, dayStart, HOUR, hourStart, monthStart } from '@ganzhi/schemas';

/** Hours, days and months of the Asia/Shanghai calendar, half-open, named by their start (epoch milliseconds). */
export const GRAINS = ['hour', 'day', 'month'] as const;
export type Grain = (typeof GRAINS)[number];

export interface Interval {
  start: number;
  end: number;
}

/** Start of the bucket that contains `t`. */
export function bucketStart(grain: Grain, t: number): number {
  if (grain === 'hour') return hourStart(t);
  return grain === 'day' ? dayStart(t) : monthStart(t);
}

/** Start of the bucket after the one that contains `t`. */
export function nextBucket(grain: Grain, t: number): number {
  if (grain === 'month') return monthStart(t, 1);
  return bucketStart(grain, t) + (grain === 'hour' ? HOUR : DAY);
}

/** [from, to) widened to whole buckets. */
export function widened(grain: Grain, from: number, to: number): Interval {
  const start = bucketStart(grain, from);
  const cut = bucketStart(grain, to);
  return { start, end: cut === to ? to : nextBucket(grain, to) };
}

/** Number of buckets that [start, end) can hold at most; cheap, so that a span is refused before it is built. */
export const bucketCount = (grain: Grain, { start, end }: Interval): number =>
  Math.ceil((end - start) / (grain === 'hour' ? HOUR : grain === 'day' ? DAY : 28 * DAY));

/** All buckets of a widened span, in order. */
export function bucketsOf(grain: Grain, { start, end }: Interval): Interval[] {
  const buckets: Interval[] = [];
  for (let at = start; at < end; at = nextBucket(grain, at)) buckets.push({ start: at, end: nextBucket(grain, at) });
  return buckets;
}

/** The span that is meant when none is given: 24 hours, 30 days or 12 months up to now. */
export function usualSpan(grain: Grain, now: number): { from: number; to: number } {
  const to = nextBucket(grain, now);
  if (grain === 'month') return { from: monthStart(now, -11), to };
  return { from: to - (grain === 'hour' ? DAY : 30 * DAY), to };
}
