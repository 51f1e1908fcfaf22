import { MINUTE, SECOND } from '@ganzhi/schemas';
import { minuteStart } from '../../lib/time.ts';
import type { Interval } from './buckets.ts';

/**
 * From ledger rows to the figures of a span. Energy is a bigint of 10^-9 units, so that adding is exact; every bucket stands
 * in the answer, and one without data is a gap with null, never zero.
 */

/** Arrivals are punctual within one interval and five minutes (handbook §4); what is younger is not missing yet. */
export const ARRIVAL_MS = 5 * MINUTE;
/** The city's usual interval: a faster meter is given as much time, so that one rule holds for a mixed institution. */
export const USUAL_INTERVAL_S = 900;

export interface LedgerRow {
  /** Start of its hour or day. */
  start: number;
  booked: bigint;
  /** Seconds that values bear out, added over the meters. */
  coveredS: number;
}

export interface LedgerSpan {
  meterId: number;
  from: number;
  to: number;
  class: 'undistributed' | 'disputed';
  energy: bigint;
}

/** Which registers of a meter are known around a span. */
export interface MeterEnds {
  id: number;
  code: string;
  /** A reading at or before the start, and one at or after the end (or as late as can be due). */
  knownAtStart: boolean;
  knownAtEnd: boolean;
  /** The part of the span in which the meter is added up; default: all of it. */
  from?: number;
  to?: number;
}

export interface BucketFigures extends Interval {
  consumption: bigint | null;
  coverage: number | null;
  undistributed: bigint;
  disputed: bigint;
  state: 'full' | 'partial' | 'gap';
}

export interface SpanFigures {
  buckets: BucketFigures[];
  consumption: bigint | null;
  coverage: number | null;
  disputed: bigint;
}

export interface SpanInput {
  buckets: readonly Interval[];
  rows: readonly LedgerRow[];
  spans: readonly LedgerSpan[];
  /** Meters that are added up: what is due is due from each of them. */
  meterCount: number;
  /** Where they do so in parts of the span only: those parts. */
  parts?: readonly { from: number; to: number }[];
  /** Up to here values must have arrived. */
  dueUntil: number;
}

/** Up to when the values of a meter must have arrived at `now`. */
export const dueUntil = (now: number, intervalS: number): number =>
  minuteStart(now) - Math.max(USUAL_INTERVAL_S, intervalS) * SECOND - ARRIVAL_MS;

/** Figures per bucket and for the whole span. */
export function figuresOf(input: SpanInput): SpanFigures {
  const { buckets, rows, spans, meterCount } = input;
  const collected = buckets.map((bucket) => ({
    bucket,
    booked: 0n,
    coveredS: 0,
    rows: 0,
    undistributed: 0n,
    spans: 0,
    disputed: 0n,
  }));
  const holding = (from: number, to: number) => {
    const found = collected[indexOf(buckets, from)];
    return found && to <= found.bucket.end ? found : undefined;
  };
  for (const row of rows) {
    const home = holding(row.start, row.start);
    if (!home) continue;
    home.booked += row.booked;
    home.coveredS += row.coveredS;
    home.rows += 1;
  }
  const rangeStart = buckets[0]?.start ?? 0;
  const rangeEnd = buckets.at(-1)?.end ?? 0;
  // Certain for the whole span, but for none of its buckets.
  const between = { undistributed: 0n, disputed: 0n, spans: 0 };
  for (const span of spans) {
    if (span.from < rangeStart || span.to > rangeEnd) continue;
    const home = holding(span.from, span.to) ?? between;
    home[span.class] += span.energy;
    if (span.class === 'undistributed') home.spans += 1;
  }

  const whole = input.parts?.every(({ from, to }) => from <= rangeStart && to >= rangeEnd) ?? true;
  const due = (bucket: Interval): number => {
    const end = Math.min(bucket.end, input.dueUntil);
    if (whole) return meterCount * Math.max(0, Math.floor((end - bucket.start) / SECOND));
    const dueOf = ({ from, to }: { from: number; to: number }) => Math.min(end, to) - Math.max(bucket.start, from);
    return (input.parts ?? []).reduce((total, part) => total + Math.max(0, Math.floor(dueOf(part) / SECOND)), 0);
  };
  const figures = collected
    .map(({ bucket, booked, coveredS, rows: count, undistributed, spans: inside, disputed }) => {
      const dueS = due(bucket);
      const known = count > 0 || inside > 0;
      return {
        dueS,
        seenS: Math.min(coveredS, dueS),
        known,
        figures: {
          ...bucket,
          consumption: known ? booked + undistributed : null,
          coverage: share(coveredS, dueS, known),
          undistributed,
          disputed,
          state: known ? (coveredS >= dueS ? 'full' : 'partial') : 'gap',
        } satisfies BucketFigures,
      };
    })
    .filter(({ dueS, known }) => dueS > 0 || known);

  const known = figures.some((one) => one.known) || between.spans > 0;
  const total = figures.reduce((sum, one) => sum + (one.figures.consumption ?? 0n), between.undistributed);
  return {
    buckets: figures.map((one) => one.figures),
    consumption: known ? total : null,
    coverage: share(
      figures.reduce((sum, one) => sum + one.seenS, 0),
      figures.reduce((sum, one) => sum + one.dueS, 0),
      known,
    ),
    disputed: figures.reduce((sum, one) => sum + one.figures.disputed, between.disputed),
  };
}

/** Null where nothing was due and nothing came; a running bucket that is ahead of what is due counts as whole. */
export function share(coveredS: number, dueS: number, known: boolean): number | null {
  if (dueS > 0) return Math.min(1, coveredS / dueS);
  return known ? 1 : null;
}

/** The spans that lie whole in the part in which their meter is added up. */
export const wholeSpans = <S extends LedgerSpan>(
  spans: readonly S[],
  meters: readonly { id: number; from: number; to: number }[],
): S[] =>
  spans.filter((span) => meters.some(({ id, from, to }) => id === span.meterId && span.from >= from && span.to <= to));

/** Codes of the meters whose energy in [start, end) is not wholly known; not empty: a total is "at least". */
export function missingMeters(
  meters: readonly MeterEnds[],
  spans: readonly LedgerSpan[],
  { start, end }: Interval,
): string[] {
  const open = meters.filter((meter) => !whollyKnown(meter, spans, meter.from ?? start, meter.to ?? end));
  return [...new Set(open.map(({ code }) => code))];
}

/**
 * Between two registers everything is booked or undistributed (conservation), so a meter's energy in a span is wholly known
 * when it has a register at both ends, no span reaches over an end, and nothing inside is disputed.
 */
function whollyKnown(meter: MeterEnds, spans: readonly LedgerSpan[], start: number, end: number): boolean {
  if (!meter.knownAtStart || !meter.knownAtEnd) return false;
  return !spans.some((span) => {
    if (span.meterId !== meter.id) return false;
    const over = (t: number): boolean => span.from < t && t < span.to;
    return over(start) || over(end) || (span.class === 'disputed' && span.from >= start && span.to <= end);
  });
}

/** Index of the bucket that contains `t` (buckets are in order and without holes), or -1. */
function indexOf(buckets: readonly Interval[], t: number): number {
  let low = 0;
  let high = buckets.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const bucket = buckets[middle];
    if (!bucket) return -1;
    if (t < bucket.start) high = middle - 1;
    else if (t >= bucket.end) low = middle + 1;
    else return middle;
  }
  return -1;
}
