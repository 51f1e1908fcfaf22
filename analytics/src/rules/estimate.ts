/**
 * The shape of energy whose total is certain and whose hours are not (VEE, domain handbook §4): a gap of at most two hours is
 * linear; a longer one takes the mean of the last like days, scaled to the movement; beyond 31 days nothing is estimated.
 * Integer counts that sum to the span exactly.
 */
import { DAY, HOUR, hourStart } from '@ganzhi/schemas';

export const LONGEST_ESTIMATE_MS = 31 * DAY;
const LONGEST_LINEAR_MS = 2 * HOUR;
/** Like days that are averaged. */
const LIKE_DAYS = 4;
const OFFSET = 8 * HOUR;

export type EstimateMethod = 'linear' | 'like-day' | 'flat';

export interface EstimatedHour {
  readonly hour: number;
  readonly counts: bigint;
}

export interface Estimate {
  readonly method: EstimateMethod;
  readonly hours: readonly EstimatedHour[];
}

interface SpanToShape {
  readonly fromTs: number;
  readonly toTs: number;
  readonly counts: bigint;
}

/**
 * @param known counts of whole hours of the weeks around, by start of the hour
 * @param isWorkday whether the Shanghai day that contains an instant is one
 * @returns undefined when the span is too long
 */
export function estimateSpan(
  span: SpanToShape,
  known: ReadonlyMap<number, bigint>,
  isWorkday: (ts: number) => boolean,
): Estimate | undefined {
  const { fromTs, toTs, counts } = span;
  if (toTs - fromTs > LONGEST_ESTIMATE_MS) return undefined;
  const parts = partsOf(fromTs, toTs);
  if (toTs - fromTs <= LONGEST_LINEAR_MS) return { method: 'linear', hours: shared(counts, parts, () => 1) };
  const likeDay = likeDayOf(fromTs, known, isWorkday);
  const weights = parts.map(({ hour }) => likeDay(hour));
  const isKnown = weights.every((weight) => weight !== undefined) && weights.some((weight) => (weight ?? 0) > 0);
  if (!isKnown) return { method: 'flat', hours: shared(counts, parts, () => 1) };
  return { method: 'like-day', hours: shared(counts, parts, (i) => weights[i] ?? 0) };
}

interface Part {
  readonly hour: number;
  readonly share: number;
}

function partsOf(fromTs: number, toTs: number): Part[] {
  const parts: Part[] = [];
  for (let hour = hourStart(fromTs); hour < toTs; hour += HOUR) {
    parts.push({ hour, share: (Math.min(toTs, hour + HOUR) - Math.max(fromTs, hour)) / HOUR });
  }
  return parts;
}

/** Counts by weight and share of the hour; rounded sums telescope, so nothing is lost or made. */
function shared(counts: bigint, parts: readonly Part[], weightOf: (i: number) => number): EstimatedHour[] {
  const weights = parts.map(({ share }, i) => share * weightOf(i));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const PRECISION = 2 ** 40;
  let until = 0;
  let given = 0n;
  return parts.map(({ hour }, i) => {
    until += weights[i] ?? 0;
    const part = i === parts.length - 1 ? 1 : Math.min(1, until / total);
    const upTo = (2n * counts * BigInt(Math.round(part * PRECISION)) + BigInt(PRECISION)) / BigInt(2 * PRECISION);
    const mine = upTo - given;
    given = upTo;
    return { hour, counts: mine };
  });
}

/** Mean of the same hour of the last like days before the span, or of any days when there is no like one. */
function likeDayOf(fromTs: number, known: ReadonlyMap<number, bigint>, isWorkday: (ts: number) => boolean) {
  const hoursOf = (hour: number) => {
    const timeOfDay = (((hour + OFFSET) % DAY) + DAY) % DAY;
    return [...known].filter(([start]) => (start + OFFSET) % DAY === timeOfDay);
  };
  return (hour: number): number | undefined => {
    const all = hoursOf(hour);
    const like = all.filter(([start]) => isWorkday(start) === isWorkday(hour));
    const nearest = (like.length > 0 ? like : all)
      .toSorted(([a], [b]) => Math.abs(a - fromTs) - Math.abs(b - fromTs))
      .slice(0, LIKE_DAYS);
    if (nearest.length === 0) return undefined;
    return nearest.reduce((sum, [, counts]) => sum + Number(counts), 0) / nearest.length;
  };
}
