/** What each step between two registers is: normal, rolled over, or with energy that waits for a person. */
import { HOUR, shanghaiText } from '@ganzhi/schemas';
import type { Step } from './classify.ts';
import type { Decision, DecisionEvidence, DecisionKind } from './decision.ts';
import { editOver } from './edit.ts';
import { PACE_STEPS, type Pace, paceAround, perHour } from './pace.ts';
import { movementBetween, type RegisterFacts, type RegisterReading } from './register.ts';
import { limitsAt } from './vee-rules.ts';
import { swappedWords } from './words.ts';

/** The threshold of V2 in thousandths, so that counts stay whole. */
const THOUSAND = 1_000n;
/** Where nobody wrote a maximum down: beyond so many times the pace around, and so many counts. */
const TIMES_PACE = 100;
const FEWEST_COUNTS = 100n;
/** Steps that must be known on each side before the pace alone can dispute a step. */
const FEWEST_STEPS = 4;
/** A step between two falls no further than this is part of their disorder. */
const BETWEEN_STEPS = 6;
/** So is a rise as large as the falls around it, when there are several so near. */
const AROUND_STEPS = 8;
const AS_LARGE = 10n;

/** @param chain registers in ascending order */
export function judgeSteps(
  chain: readonly RegisterReading[],
  facts: RegisterFacts,
): { steps: Step[]; decisions: Decision[] } {
  const bare = chain.slice(1).map((to, i) => {
    const from = chain[i] ?? to;
    return { from, to, ...movementBetween(from.counts, to.counts, facts.modulus) };
  });
  const falls = bare.flatMap(({ counts }, at): Fall[] => (counts < 0n ? [{ at, counts }] : []));
  const decisions: Decision[] = [];
  const steps = bare.map((step, i): Step => {
    const reason = disputeOf(step, i, bare, chain, falls, facts);
    if (step.rolledOver && !reason) {
      decisions.push(decisionOf(step, 'rollover', 'moved', { modulus: String(facts.modulus) }));
    }
    if (!reason) return step;
    const { kind, ...evidence } = reason;
    const disputed = decisionOf(step, kind, 'disputed', evidence);
    decisions.push(disputed);
    return { ...step, disputed };
  });
  return { steps, decisions };
}

interface Fall {
  /** Index of the step. */
  readonly at: number;
  readonly counts: bigint;
}

function disputeOf(
  step: Step,
  i: number,
  steps: readonly Step[],
  chain: readonly RegisterReading[],
  falls: readonly Fall[],
  facts: RegisterFacts,
): (DecisionEvidence & { kind: DecisionKind }) | undefined {
  const edit = editOver(facts.edits, step.from.ts, step.to.ts, ['book', 'dispute']);
  if (edit?.verdict === 'dispute') return { kind: 'held', edit: edit.id };
  if (step.counts < 0n) return { kind: fallKind(step, paceAround(chain, i, i + 1, facts)) };
  if (edit?.verdict === 'book') return undefined;
  if (isDisorder(step.counts, i, falls)) return { kind: 'disorder' };
  return tooFast(step, i, steps, chain, facts);
}

function isDisorder(counts: bigint, i: number, falls: readonly Fall[]): boolean {
  if (falls.length < 2) return false;
  const isBetween =
    falls.some(({ at }) => at < i && at >= i - BETWEEN_STEPS) &&
    falls.some(({ at }) => at > i && at <= i + BETWEEN_STEPS);
  if (isBetween) return true;
  const around = falls.filter(({ at }) => Math.abs(at - i) <= AROUND_STEPS);
  return around.length > 1 && around.some(({ counts: fall }) => counts * AS_LARGE >= -fall);
}

function tooFast(
  step: Step,
  i: number,
  steps: readonly Step[],
  chain: readonly RegisterReading[],
  facts: RegisterFacts,
) {
  const { counts, from, to } = step;
  const lengthMs = to.ts - from.ts;
  const rates = (limit: number) => ({
    kind: 'implausible' as const,
    usualPerHour: Math.round(limit),
    foundPerHour: Math.round(perHour(counts, lengthMs)),
  });
  const { maxPerHour } = facts;
  if (maxPerHour !== undefined && maxPerHour !== null) {
    // domain handbook §3.1, V2; one count more: the registers are rounded
    const times = BigInt(Math.round(limitsAt(facts.limits, from.ts).timesMaximum * Number(THOUSAND)));
    const limit = (times * maxPerHour * BigInt(lengthMs)) / (THOUSAND * BigInt(HOUR)) + 1n;
    return counts > limit ? rates(Number(maxPerHour)) : undefined;
  }
  if (counts < FEWEST_COUNTS || isAtPace(step, i, steps)) return undefined;
  const pace = paceAround(chain, i, i + 1, facts);
  if (pace.before < FEWEST_STEPS || pace.after < FEWEST_STEPS || pace.usualPerHour === 0) return undefined;
  return perHour(counts, lengthMs) > TIMES_PACE * pace.usualPerHour ? rates(pace.usualPerHour) : undefined;
}

/**
 * Whether two steps around already show that this one is not too fast: the usual pace is the second fastest of them. It is the
 * answer for nearly every step, at a tenth of the cost of the whole pace.
 */
function isAtPace({ counts, from, to }: Step, i: number, steps: readonly Step[]): boolean {
  const rate = perHour(counts, to.ts - from.ts);
  let asFast = 0;
  for (let away = 1; away <= PACE_STEPS; away += 1) {
    for (const near of [steps[i - away], steps[i + away]]) {
      if (!near || near.counts < 0n || rate > TIMES_PACE * perHour(near.counts, near.to.ts - near.from.ts)) continue;
      asFast += 1;
      if (asFast === 2) return true;
    }
  }
  return false;
}

/** Name of a fall, for the person who decides: what it looks like, not what it is. */
function fallKind({ from, to }: Step, pace: Pace): DecisionKind {
  const swapped = swappedWords(to.counts);
  const reachable = BigInt(Math.ceil((pace.usualPerHour * TIMES_PACE_OF_RESET * (to.ts - from.ts)) / HOUR)) + 1n;
  if (to.counts >= 0n && to.counts <= reachable && to.counts < from.counts) return 'reset';
  if (swapped !== undefined && swapped >= from.counts && swapped - from.counts <= reachable) return 'word-order';
  // the last tenth is kept: more a register that jumps than another meter
  return to.counts * 10n >= from.counts * 9n ? 'backward' : 'replacement';
}

/** A register that began again at zero has moved no further than this many times the pace around. */
const TIMES_PACE_OF_RESET = 3;

function decisionOf(
  { from, to }: Step,
  kind: DecisionKind,
  effect: Decision['effect'],
  evidence: DecisionEvidence,
): Decision {
  return {
    fromTs: from.ts,
    toTs: to.ts,
    kind,
    effect,
    evidence: {
      r0: from.counts.toString(),
      r1: to.counts.toString(),
      t0: shanghaiText(from.ts),
      t1: shanghaiText(to.ts),
      ...evidence,
    },
  };
}
