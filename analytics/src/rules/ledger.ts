/**
 * From the readings of one register to bookable consumption: hours, spans whose hours are not known, and the decisions of
 * the classifier behind them.
 *
 * Conservation holds exactly, in counts, for each life of a meter: sum(hours) + sum(spans) = last register - first register,
 * plus the modulus for each rollover. Every step between two registers is either
 * - booked: forward and short enough. Linear interpolation at each hour boundary, rounded to a count; the parts
 *   telescope, so rounding loses nothing;
 * - an undistributed span: forward and longer than `longestStepMs`. Certain, but its hours are not; they get nothing;
 * - a disputed span: `classify` does not believe it, or the ratio changed inside a gap, so that the energy is not certain.
 *
 * An hour is listed when a booked step touches it: 0 counts there is a measured zero. An hour without any is absent.
 * An hour holds one ratio, the one at its end; what moved earlier in the hour under another ratio is an undistributed
 * span inside the hour (replacement of a transformer: minutes, certain, counted in the day).
 */
import { HOUR, hourStart, SECOND, shanghaiText } from '@ganzhi/schemas';
import { classify, type Step } from './classify.ts';
import type { Decision, DecisionKind } from './decision.ts';
import { changesInside, ratioAt } from './ratio.ts';
import {
  longestStepMs,
  type RegisterFacts,
  type RegisterReading,
  type Source,
  toleratedMs,
  worse,
} from './register.ts';
import { livesOf } from './replacement.ts';

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
  readonly kind: 'gap' | 'ratio-change' | 'ratio-change-in-gap' | DecisionKind;
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
  /** By start; what is normal needs none. */
  readonly decisions: readonly Decision[];
  /** Times of the registers that the steps go between, ascending. */
  readonly chain: readonly RegisterReading[];
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
  assertOrder(readings);
  const hours = new Map<number, Sum>();
  const spans: SpanEntry[] = [];
  const lives = livesOf(readings, facts.replacements).map((life) => classify(life, facts));
  for (const step of lives.flatMap(({ steps }) => steps)) book(step, facts, hours, spans);
  return {
    hours: Array.from(hours, ([hour, { counts, coveredMs, source }]) => ({
      hour,
      counts,
      ratio: ratioAt(facts.ratios, hour + HOUR - 1),
      coveredS: Math.floor(coveredMs / SECOND),
      source,
    })),
    spans,
    decisions: [...lives.flatMap(({ decisions }) => decisions), ...replacementDecisions(lives)].toSorted(
      (a, b) => a.fromTs - b.fromTs,
    ),
    chain: lives.flatMap(({ chain }) => chain),
  };
}

/** What has come together for an hour. */
interface Sum {
  counts: bigint;
  coveredMs: number;
  source: Source;
}

function assertOrder(readings: readonly RegisterReading[]): void {
  let last = Number.NEGATIVE_INFINITY;
  for (const { ts } of readings) {
    if (ts <= last) throw new RangeError(`Readings are not in order at ${ts}.`);
    last = ts;
  }
}

function book(step: Step, facts: RegisterFacts, hours: Map<number, Sum>, spans: SpanEntry[]): void {
  const unbookable = spanOf(step, facts);
  if (unbookable) {
    spans.push(unbookable);
    return;
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

/** Announced replacements, from the closing register of one life to the opening register of the next. */
function replacementDecisions(lives: readonly { readonly chain: readonly RegisterReading[] }[]): Decision[] {
  return lives.slice(1).flatMap(({ chain: [opening] }, i): Decision[] => {
    const closing = lives[i]?.chain.at(-1);
    if (!opening || !closing) return [];
    const evidence = {
      t0: shanghaiText(opening.ts),
      closing: closing.counts.toString(),
      opening: opening.counts.toString(),
    };
    return [{ fromTs: opening.ts, toTs: opening.ts, kind: 'replacement', effect: 'moved', evidence }];
  });
}

const bounds = ({ fromTs, toTs, counts }: Part) => ({ fromTs, toTs, counts });

/** The span that holds a step which must not be booked, or undefined. */
function spanOf(step: Step, facts: RegisterFacts): SpanEntry | undefined {
  const { from, to, counts, disputed } = step;
  const whole = { fromTs: from.ts, toTs: to.ts, counts, ratio: ratioAt(facts.ratios, from.ts) };
  if (disputed) return { ...whole, class: 'disputed', evidence: evidenceOf(disputed.kind, step, facts) };
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
  const cuts = cutsOf(step, facts);
  // within one hour nothing is divided; most steps are
  if (cuts.length === 1) return [{ fromTs: from.ts, toTs: to.ts, counts: step.counts, coveredMs }];
  const countsUntil = (ts: number): bigint =>
    (step.counts * BigInt(2 * (ts - from.ts)) + BigInt(lengthMs)) / BigInt(2 * lengthMs);
  const coveredUntil = (ts: number): number => Math.floor((coveredMs * (ts - from.ts)) / lengthMs);
  return cuts.map(([fromTs, toTs]) => ({
    fromTs,
    toTs,
    counts: countsUntil(toTs) - countsUntil(fromTs),
    coveredMs: coveredUntil(toTs) - coveredUntil(fromTs),
  }));
}

function cutsOf({ from, to }: Step, facts: RegisterFacts): [number, number][] {
  const changes = changesInside(facts.ratios, from.ts, to.ts);
  if (changes.length === 0 && hourStart(from.ts) + HOUR >= to.ts) return [[from.ts, to.ts]];
  const cuts = [from.ts, to.ts, ...changes];
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
