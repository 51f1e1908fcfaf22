/**
 * From the readings of one life of a meter to its steps: which readings are registers, and what each step between two of
 * them is. In order: what a person set aside, outliers, frozen displays; then every step that is left is judged.
 *
 * Everything is decided from the neighbourhood (`REACH_RUNS` in reach.ts), so that a part of a register can be recomputed by
 * itself. Nothing is zeroed: readings set aside move no energy, and a disputed step keeps its movement as it is.
 */
import { shanghaiText } from '@ganzhi/schemas';
import type { Decision, DecisionEvidence, DecisionKind } from './decision.ts';
import { editAt } from './edit.ts';
import { findFrozen } from './frozen.ts';
import { judgeSteps } from './judge-steps.ts';
import { findOutliers } from './outliers.ts';
import type { Movement, RegisterFacts, RegisterReading } from './register.ts';

export interface Step extends Movement {
  readonly from: RegisterReading;
  readonly to: RegisterReading;
  /** Why its energy waits, when it does. */
  readonly disputed?: Decision;
}

export interface Classified {
  /** The registers, ascending: every step goes from one of them to the next. */
  readonly chain: readonly RegisterReading[];
  readonly steps: readonly Step[];
  /** Everything that is not normal, by start. */
  readonly decisions: readonly Decision[];
}

type Reason = DecisionEvidence & { readonly kind: DecisionKind };

/** @param readings of one life (`livesOf`), in strictly ascending time */
export function classify(readings: readonly RegisterReading[], facts: RegisterFacts): Classified {
  const reasons = new Map<number, Reason>();
  const trusted = withoutRejected(readings, facts, reasons);
  const outliers = findOutliers(trusted, facts);
  for (const [i, kind] of outliers) reasons.set(trusted[i]?.ts ?? 0, { kind });
  const returning = outliers.size === 0 ? trusted : trusted.filter((_, i) => !outliers.has(i));
  for (const { first, last, usualPerHour, foundPerHour } of findFrozen(returning, facts)) {
    const pace = { usualPerHour: rounded(usualPerHour), foundPerHour: rounded(foundPerHour) };
    for (const { ts } of returning.slice(first + 1, last + 1)) reasons.set(ts, { kind: 'frozen', ...pace });
  }
  const chain = reasons.size === 0 ? readings : readings.filter(({ ts }) => !reasons.has(ts));
  const { steps, decisions } = judgeSteps(chain, facts);
  return { chain, steps, decisions: ordered([...setAsideRuns(readings, reasons), ...decisions]) };
}

/** The readings that no person set aside; the others are named in `reasons`. */
function withoutRejected(
  readings: readonly RegisterReading[],
  { edits }: RegisterFacts,
  reasons: Map<number, Reason>,
): readonly RegisterReading[] {
  if (!edits || edits.length === 0) return readings;
  return readings.filter(({ ts }) => {
    const edit = editAt(edits, ts, ['accept', 'set-aside']);
    if (edit?.verdict !== 'set-aside') return true;
    reasons.set(ts, { kind: 'rejected', edit: edit.id });
    return false;
  });
}

/** One decision for readings in a row that are no registers. */
function setAsideRuns(readings: readonly RegisterReading[], reasons: ReadonlyMap<number, Reason>): Decision[] {
  if (reasons.size === 0) return [];
  const runs: Decision[] = [];
  let before: RegisterReading | undefined;
  let run: RegisterReading[] = [];
  const close = (after: RegisterReading | undefined) => {
    const [first] = run;
    const last = run.at(-1);
    if (!first || !last) return;
    const { kind = 'rejected', ...rest } = reasons.get(first.ts) ?? {};
    runs.push({
      fromTs: before?.ts ?? first.ts - 1,
      toTs: after?.ts ?? last.ts + 1,
      kind,
      effect: 'set-aside',
      evidence: {
        ...(before ? { r0: before.counts.toString(), t0: shanghaiText(before.ts) } : {}),
        ...(after ? { r1: after.counts.toString(), t1: shanghaiText(after.ts) } : {}),
        readings: run.length,
        first: first.counts.toString(),
        ...rest,
      },
    });
    run = [];
  };
  for (const reading of readings) {
    if (reasons.has(reading.ts)) run.push(reading);
    else {
      close(reading);
      before = reading;
    }
  }
  close(undefined);
  return runs;
}

const ordered = (decisions: readonly Decision[]): Decision[] => decisions.toSorted((a, b) => a.fromTs - b.fromTs);

/** Evidence is compared as text: as many digits as a person wants to see. */
const rounded = (perHour: number): number => Math.round(perHour * 100) / 100;
