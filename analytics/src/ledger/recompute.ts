import { type Db, type Tx, withTx } from '@ganzhi/schemas/db';
import { removeOvertaken } from '../vee/open.ts';
import type { Task } from './context.ts';
import { changedDays, refreshDays } from './days.ts';
import { storedDecisions, writeDecisions } from './decisions.ts';
import { registerFacts } from './facts.ts';
import { compareHours, storedHours, writeHours } from './hours.ts';
import {
  joinCauses,
  joinMarks,
  LANES,
  lockLanes,
  MARKS_PER_ROUND,
  type Mark,
  type MeterChoice,
  registerKey,
  takeMarks,
} from './marks.ts';
import { ensureMonths } from './partitions.ts';
import { compareDecisions, compareSpans } from './rows.ts';
import { storedSpans, writeSpans } from './spans.ts';
import { keepSpans, type Succession } from './superseded.ts';
import { findWindows, groupTasks, type Window } from './windows.ts';

export interface RecomputeOptions extends MeterChoice {
  /** Epoch milliseconds, written as known_since of what changes. */
  readonly now: number;
  readonly maxMarks?: number;
}

export interface Round {
  /** Marks consumed; 0 says that the queue was empty. */
  readonly marks: number;
  /** Registers looked at. */
  readonly meters: number;
  /** Rows of ledger.hour that were written or removed. */
  readonly hours: number;
  readonly spans: number;
  readonly days: number;
  /** Latest time of a reading among the marks, epoch milliseconds; absent when there were none. */
  readonly newestTs?: number;
}

/**
 * One round: takes marks off the queue, recomputes what they touch, writes what differs. One transaction, so a crash
 * leaves marks and ledger as they were.
 *
 * Read committed on purpose: each statement sees at least what the taken marks announced. What commits during the round
 * has marks of its own, and the next round rewrites the same hours. One round at a time for a meter (`lockLanes`).
 */
export async function recomputeDirty(db: Db, options: RecomputeOptions): Promise<Round> {
  const limit = options.maxMarks ?? MARKS_PER_ROUND;
  await ensureMonths(db, limit, options);
  return withTx(db, async (tx) => {
    await lockLanes(tx, options.lane);
    const marks = await takeMarks(tx, limit, options);
    if (marks.length === 0) return { marks: 0, meters: 0, hours: 0, spans: 0, days: 0 };
    return recomputeMarks(tx, marks, options.now);
  });
}

/**
 * One round in each lane, beside each other; the database and the rules then work at the same time. A lane that fails changes
 * nothing, the others stand.
 *
 * @throws what the first lane that failed threw, when all have ended
 */
export async function recomputeLanes(db: Db, options: Omit<RecomputeOptions, 'lane'>): Promise<Round> {
  const lanes = Array.from({ length: LANES }, (_, lane) => recomputeDirty(db, { ...options, lane }));
  const ended = await Promise.allSettled(lanes);
  const failed = ended.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  return ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])).reduce(addRounds);
}

function addRounds(a: Round, b: Round): Round {
  const newestTs = Math.max(a.newestTs ?? Number.NEGATIVE_INFINITY, b.newestTs ?? Number.NEGATIVE_INFINITY);
  return {
    marks: a.marks + b.marks,
    meters: a.meters + b.meters,
    hours: a.hours + b.hours,
    spans: a.spans + b.spans,
    days: a.days + b.days,
    ...(Number.isFinite(newestTs) ? { newestTs } : {}),
  };
}

async function recomputeMarks(tx: Tx, marks: readonly Mark[], now: number): Promise<Round> {
  const joined = joinMarks(marks);
  const facts = await registerFacts(tx, [...new Set(joined.map(({ meterId }) => meterId))]);
  // marks of registers that are not booked are dropped
  const tasks = joined.flatMap((mark): Task[] => {
    const factsOfMark = facts.get(registerKey(mark));
    return factsOfMark ? [{ ...mark, facts: factsOfMark }] : [];
  });
  const totals = { hours: 0, spans: 0, days: 0 };
  for (const some of groupTasks(tasks)) {
    const changed = await rewrite(tx, await findWindows(tx, some), now);
    totals.hours += changed.hours;
    totals.spans += changed.spans;
    totals.days += changed.days;
  }
  return {
    marks: marks.length,
    meters: new Set(tasks.map(registerKey)).size,
    ...totals,
    newestTs: marks.reduce((newest, { toTs }) => Math.max(newest, toTs), Number.NEGATIVE_INFINITY),
  };
}

async function rewrite(tx: Tx, windows: readonly Window[], now: number) {
  const hours = compareHours(windows, await storedHours(tx, windows));
  const spans = compareSpans(
    await storedSpans(tx, windows),
    rowsOf(windows, ({ ledger, reach }) => ledger.spans.filter(startsIn(reach))),
  );
  const decisions = compareDecisions(
    await storedDecisions(tx, windows),
    rowsOf(windows, ({ ledger, reach }) => ledger.decisions.filter(startsIn(reach))),
  );
  const succession = successionOf(windows, now);
  await keepSpans(tx, spans.superseded, succession);
  await writeHours(tx, hours, succession);
  await writeSpans(tx, spans, now);
  await writeDecisions(tx, decisions, now);
  await removeOvertaken(tx, lastHeard(windows));
  const days = changedDays(hours, spans);
  await refreshDays(tx, days, succession);
  return {
    hours: hours.write.length + hours.remove.length,
    spans: spans.write.length + spans.remove.length,
    days: days.length,
  };
}

/** Registers whose end was looked at, with their last register. */
const lastHeard = (windows: readonly Window[]) =>
  windows.flatMap(({ meterId, point, reach, ledger }) => {
    const last = ledger.chain.at(-1);
    return last && reach.stepTo === Number.POSITIVE_INFINITY ? [{ meterId, point, lastTs: last.ts }] : [];
  });

const rowsOf = <Entry>(windows: readonly Window[], entriesOf: (window: Window) => readonly Entry[]) =>
  windows.flatMap((window) => {
    const { meterId, point } = window;
    return entriesOf(window).map((entry) => ({ meterId, point, ...entry }));
  });

const startsIn =
  ({ stepFrom, stepTo }: Window['reach']) =>
  ({ fromTs }: { readonly fromTs: number }): boolean =>
    fromTs >= stepFrom && fromTs < stepTo;

function successionOf(windows: readonly Window[], now: number): Succession {
  const causes = new Map<string, string>();
  for (const window of windows) {
    const key = registerKey(window);
    const before = causes.get(key);
    causes.set(key, before === undefined ? window.cause : joinCauses([before, window.cause]));
  }
  return { now, causeOf: (row) => causes.get(registerKey(row)) ?? 'readings' };
}
