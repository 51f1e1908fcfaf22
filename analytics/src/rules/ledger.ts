/**
 * From the readings of one register to bookable consumption: hours, and spans whose hours are not known.
 *
 * Conservation holds exactly, in counts: sum(hours) + sum(spans) = last register - first register, plus the modulus for
 * each rollover. Every step between two readings is either
 * - booked: forward and short enough. Linear interpolation at each hour boundary, rounded to a count; the parts
 *   telescope, so rounding loses nothing;
 * - an undistributed span: forward and longer than `longestStepMs`. Certain, but its hours are not; they get nothing;
 * - a disputed span: the register went back, or the ratio changed inside a gap, so that the energy is not certain.
 *
 * An hour is listed when a booked step touches it: 0 counts there is a measured zero. An hour without any is absent.
 * An hour holds one ratio, the one at its end; what moved earlier in the hour under another ratio is an undistributed
 * span inside the hour (replacement of a transformer: minutes, certain, counted in the day).
 */
import { HOUR, hourStart, SECOND, shanghaiText } from '@ganzhi/schemas';
import { changesInside, ratioAt } from './ratio.ts';
import {
  longestStepMs,
  type Movement,
  movementBetween,
  type RegisterFacts,
  type RegisterReading,
  type Source,
  toleratedMs,
  worse,
} from './register.ts';

export interface HourEntry {
  /** Start of the hour, epoch milliseconds. */
  readonly hour: number;
  readonly counts: bigint;
  readonly ratio: bigint;
  /** Whole seconds that steps at the expected interval bear out, 0 to 3600. */
  readonly coveredS: number;
  readonly source: Source;
}

export interface SpanEntry {
  readonly fromTs: number;
  readonly toTs: number;
  readonly class: 'undistributed' | 'disputed';
  readonly counts: bigint;
  readonly ratio: bigint;
  readonly evidence: Evidence;
}

/** Both registers of the step with their times, as text, so that a person can recompute the span. */
export interface Evidence {
  readonly kind: 'gap' | 'backward' | 'ratio-change' | 'ratio-change-in-gap';
  readonly r0: string;
  readonly r1: string;
  readonly t0: string;
  readonly t1: string;
  /** Set when the register rolled over inside. */
  readonly modulus?: string;
  /** When the ratio changed, and to what. */
  readonly changes?: readonly { readonly at: string; readonly ratio: string }[];
}

export interface Ledger {
  /** Ascending. */
  readonly hours: readonly HourEntry[];
  /** Ascending, disjoint; each lies between two neighbouring readings. */
  readonly spans: readonly SpanEntry[];
}

interface Step extends Movement {
  readonly from: RegisterReading;
  readonly to: RegisterReading;
}

/** One hour's and one ratio's part of a booked step. */
interface Part {
  readonly fromTs: number;
  readonly toTs: number;
  readonly counts: bigint;
  readonly coveredMs: number;
}

/**
 * Books the readings of one register.
 *
 * @param readings effective readings in strictly ascending time
 * @throws RangeError when they are not in order
 */
export function bookLedger(readings: readonly RegisterReading[], facts: RegisterFacts): Ledger {
  const hours = new Map<number, { counts: bigint; coveredMs: number; source: Source }>();
  const spans: SpanEntry[] = [];
  let from = readings[0];
  for (const to of readings.slice(1)) {
    if (!from || to.ts <= from.ts) throw new RangeError(`Readings are not in order at ${to.ts}.`);
    const step: Step = { from, to, ...movementBetween(from.counts, to.counts, facts.modulus) };
    from = to;
    const unbookable = spanOf(step, facts);
    if (unbookable) {
      spans.push(unbookable);
      continue;
    }
    const source = worse(step.from.source ?? 'measured', step.to.source ?? 'measured');
    for (const part of partsOf(step, facts)) {
      const hour = hourStart(part.fromTs);
      if (changesInside(facts.ratios, part.fromTs, hour + HOUR).length > 0) {
        const evidence = evidenceOf('ratio-change', step, facts, hour + HOUR);
        spans.push({ ...bounds(part), class: 'undistributed', ratio: ratioAt(facts.ratios, part.fromTs), evidence });
        continue;
      }
      const entry = hours.get(hour) ?? { counts: 0n, coveredMs: 0, source: 'measured' };
      entry.counts += part.counts;
      entry.coveredMs += part.coveredMs;
      entry.source = worse(entry.source, source);
      hours.set(hour, entry);
    }
  }
  return {
    hours: Array.from(hours, ([hour, { counts, coveredMs, source }]) => ({
      hour,
      counts,
      ratio: ratioAt(facts.ratios, hour + HOUR - 1),
      coveredS: Math.floor(coveredMs / SECOND),
      source,
    })),
    spans,
  };
}

const bounds = ({ fromTs, toTs, counts }: Part) => ({ fromTs, toTs, counts });

/** The span that holds a step which must not be booked, or undefined. */
function spanOf(step: Step, facts: RegisterFacts): SpanEntry | undefined {
  const { from, to, counts } = step;
  const whole = { fromTs: from.ts, toTs: to.ts, counts, ratio: ratioAt(facts.ratios, from.ts) };
  if (counts < 0n) return { ...whole, class: 'disputed', evidence: evidenceOf('backward', step, facts) };
  if (to.ts - from.ts <= longestStepMs(facts)) return undefined;
  if (changesInside(facts.ratios, from.ts, to.ts).length > 0) {
    return { ...whole, class: 'disputed', evidence: evidenceOf('ratio-change-in-gap', step, facts) };
  }
  return { ...whole, class: 'undistributed', evidence: evidenceOf('gap', step, facts) };
}

/** Cuts a booked step at hour boundaries and changes of ratio; counts and milliseconds telescope. */
function partsOf(step: Step, facts: RegisterFacts): Part[] {
  const { from, to } = step;
  const lengthMs = to.ts - from.ts;
  // A late value bears out one interval only, spread over the step; the rest of the silence stays uncovered.
  const coveredMs = lengthMs <= toleratedMs(facts) ? lengthMs : facts.intervalS * SECOND;
  const countsUntil = (ts: number): bigint =>
    (step.counts * BigInt(2 * (ts - from.ts)) + BigInt(lengthMs)) / BigInt(2 * lengthMs);
  const coveredUntil = (ts: number): number => Math.floor((coveredMs * (ts - from.ts)) / lengthMs);
  return cutsOf(step, facts).map(([fromTs, toTs]) => ({
    fromTs,
    toTs,
    counts: countsUntil(toTs) - countsUntil(fromTs),
    coveredMs: coveredUntil(toTs) - coveredUntil(fromTs),
  }));
}

function cutsOf({ from, to }: Step, facts: RegisterFacts): [number, number][] {
  const cuts = [from.ts, to.ts, ...changesInside(facts.ratios, from.ts, to.ts)];
  for (let hour = hourStart(from.ts) + HOUR; hour < to.ts; hour += HOUR) cuts.push(hour);
  const ordered = [...new Set(cuts)].sort((a, b) => a - b);
  return ordered.slice(1).map((toTs, i) => [ordered[i] ?? toTs, toTs]);
}

/** @param changesUntil a change later in the hour, after the step, is a reason too */
function evidenceOf(kind: Evidence['kind'], step: Step, facts: RegisterFacts, changesUntil = step.to.ts): Evidence {
  const { from, to } = step;
  const changes = changesInside(facts.ratios, from.ts, changesUntil).map((at) => ({
    at: shanghaiText(at),
    ratio: ratioAt(facts.ratios, at).toString(),
  }));
  return {
    kind,
    r0: from.counts.toString(),
    r1: to.counts.toString(),
    t0: shanghaiText(from.ts),
    t1: shanghaiText(to.ts),
    ...(step.rolledOver && facts.modulus !== null ? { modulus: facts.modulus.toString() } : {}),
    ...(changes.length > 0 ? { changes } : {}),
  };
}
