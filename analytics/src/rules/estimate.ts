/**
 * Energy whose hours are not known (VEE, domain handbook §4), in its order: a check meter on the same flow, or parent less
 * siblings, or the sum of the sub-meters; a gap of at most two hours is linear; a longer one takes the mean of the last like
 * days; beyond 31 days nothing is estimated. Where both registers are known the hours sum to the movement exactly; where the
 * closing register is missing the amount itself is an estimate, never settled.
 *
 * No hour is negative, and none beyond twice the installation's maximum: a way that gives one is not taken.
 */
import { DAY, HOUR, hourStart } from '@ganzhi/schemas';
import { type EnergyHours, type EstimateReferences, referenceHours } from './estimate-references.ts';
import { likeDayHours } from './like-day.ts';

export const LONGEST_ESTIMATE_MS = 31 * DAY;
const LONGEST_LINEAR_MS = 2 * HOUR;
const TIMES_MAXIMUM = 2;
/** Another meter's total must be this near to the certain one before its shape is taken. */
const AGREEMENT = { least: 0.8, most: 1.25 };
/** Hours that both have in common before the scale between them is believed, and how far it may be from 1. */
const COMMON_HOURS = 24;
const SCALE = { least: 0.5, most: 2 };

export const ESTIMATE_METHODS = ['check-meter', 'siblings', 'children', 'linear', 'like-day', 'flat'] as const;
export type EstimateMethod = (typeof ESTIMATE_METHODS)[number];

export interface EstimatedHour {
  readonly hour: number;
  readonly counts: bigint;
}

export interface Estimate {
  readonly method: EstimateMethod;
  readonly hours: readonly EstimatedHour[];
}

/** What an estimate may rest on. */
export interface EstimateBasis {
  /** Counts of whole measured hours of the weeks around, by start of the hour. */
  readonly known: ReadonlyMap<number, bigint>;
  /** Whether the Shanghai day that contains an instant is a workday. */
  readonly isWorkday: (ts: number) => boolean;
  readonly references?: EstimateReferences | undefined;
  /** Largest movement of an hour, counts; null where nobody wrote it down. */
  readonly maxPerHour?: bigint | null;
}

interface SpanToShape {
  readonly fromTs: number;
  readonly toTs: number;
  readonly counts: bigint;
}

/**
 * Hours of a span whose movement is certain.
 *
 * @returns undefined when the span is too long, or would need more than the installation can draw
 */
export function estimateSpan(span: SpanToShape, basis: EstimateBasis): Estimate | undefined {
  const { fromTs, toTs, counts } = span;
  if (toTs - fromTs > LONGEST_ESTIMATE_MS) return undefined;
  const parts = partsOf(fromTs, toTs);
  const total = (hours: EnergyHours) => parts.reduce((sum, { hour, share }) => sum + share * (hours.get(hour) ?? 0), 0);
  const own = Number(counts) * (basis.references?.energyPerCount ?? 1);
  const ways: (() => Estimate | undefined)[] = [
    ...referenceHours(
      basis.references,
      parts.map(({ hour }) => hour),
    ).map(({ method, hours }) => () => {
      const found = total(hours);
      const agrees = found >= AGREEMENT.least * own && found <= AGREEMENT.most * own;
      if (found <= 0 || (method !== 'check-meter' && !agrees)) return undefined;
      return { method, hours: shared(counts, parts, (i) => hours.get(parts[i]?.hour ?? 0) ?? 0) };
    }),
    () =>
      toTs - fromTs <= LONGEST_LINEAR_MS ? { method: 'linear', hours: shared(counts, parts, () => 1) } : undefined,
    () => {
      const weights = likeDayHours(parts, fromTs, basis);
      const isKnown = weights.every((weight) => weight !== undefined) && weights.some((weight) => (weight ?? 0) > 0);
      return isKnown ? { method: 'like-day', hours: shared(counts, parts, (i) => weights[i] ?? 0) } : undefined;
    },
    () => ({ method: 'flat', hours: shared(counts, parts, () => 1) }),
  ];
  return firstPlausible(ways, parts, basis);
}

/**
 * Hours of a register that was last heard at `fromTs`, up to `toTs`. Other meters are scaled by what both told before.
 *
 * @returns undefined when nothing bears an estimate out, or 31 days are over
 */
export function estimateOpen(span: Omit<SpanToShape, 'counts'>, basis: EstimateBasis): Estimate | undefined {
  const { fromTs, toTs } = span;
  if (toTs <= fromTs || toTs - fromTs > LONGEST_ESTIMATE_MS) return undefined;
  const parts = partsOf(fromTs, toTs);
  const perCount = basis.references?.energyPerCount ?? 1;
  const ways: (() => Estimate | undefined)[] = [
    ...referenceHours(
      basis.references,
      parts.map(({ hour }) => hour),
    ).map(({ method, hours, before }) => () => {
      const scale = scaleOf(basis.known, before, perCount, fromTs);
      if (scale === undefined) return undefined;
      return { method, hours: rounded(parts, ({ hour }) => (scale * (hours.get(hour) ?? 0)) / perCount) };
    }),
    () => {
      const weights = likeDayHours(parts, fromTs, basis);
      if (weights.some((weight) => weight === undefined)) return undefined;
      return { method: 'like-day', hours: rounded(parts, (_, i) => weights[i] ?? 0) };
    },
  ];
  return firstPlausible(ways, parts, basis);
}

export interface Part {
  readonly hour: number;
  /** Part of the hour that lies in the span, 0 to 1. */
  readonly share: number;
}

function partsOf(fromTs: number, toTs: number): Part[] {
  const parts: Part[] = [];
  for (let hour = hourStart(fromTs); hour < toTs; hour += HOUR) {
    parts.push({ hour, share: (Math.min(toTs, hour + HOUR) - Math.max(fromTs, hour)) / HOUR });
  }
  return parts;
}

function firstPlausible(
  ways: readonly (() => Estimate | undefined)[],
  parts: readonly Part[],
  { maxPerHour = null }: EstimateBasis,
): Estimate | undefined {
  for (const way of ways) {
    const estimate = way();
    const isPlausible = estimate?.hours.every(({ counts }, i) => {
      if (counts < 0n) return false;
      // one count more: the parts are rounded
      return maxPerHour === null || Number(counts) <= TIMES_MAXIMUM * Number(maxPerHour) * (parts[i]?.share ?? 1) + 1;
    });
    if (isPlausible) return estimate;
  }
  return undefined;
}

/** Own counts by the other's energy over the hours both have told before; undefined when they have too few in common. */
function scaleOf(
  known: ReadonlyMap<number, bigint>,
  before: EnergyHours,
  perCount: number,
  fromTs: number,
): number | undefined {
  const common = [...before].filter(([hour]) => hour < fromTs && known.has(hour));
  const theirs = common.reduce((sum, [, energy]) => sum + energy, 0);
  const ours = common.reduce((sum, [hour]) => sum + Number(known.get(hour) ?? 0n) * perCount, 0);
  if (common.length < COMMON_HOURS || theirs <= 0) return undefined;
  const scale = ours / theirs;
  return scale >= SCALE.least && scale <= SCALE.most ? scale : undefined;
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

/** Whole counts that follow the running sum, so that rounding does not add up. */
function rounded(parts: readonly Part[], perHour: (part: Part, i: number) => number): EstimatedHour[] {
  let until = 0;
  let given = 0;
  return parts.map((part, i) => {
    until += part.share * perHour(part, i);
    const mine = Math.round(until) - given;
    given += mine;
    return { hour: part.hour, counts: BigInt(mine) };
  });
}
