import { type Db, type Tx, withTx } from '@ganzhi/schemas/db';
import { bookLedger } from '../rules/ledger.ts';
import { changedDays, refreshDays } from './days.ts';
import { registerFacts } from './facts.ts';
import { storedHours, writeHours } from './hours.ts';
import { joinMarks, MARKS_PER_ROUND, type Mark, type MeterChoice, registerKey, takeMarks } from './marks.ts';
import { effectiveReadings } from './readings.ts';
import { compareHours, compareSpans, type HourRow, type SpanRow } from './rows.ts';
import { storedSpans, writeSpans } from './spans.ts';
import { findWindows, groupWindows, type Window } from './windows.ts';

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
 * has marks of its own, and the next round rewrites the same hours. One round at a time in the whole database (an
 * advisory lock), else an older view of an hour could overwrite a newer one.
 */
export async function recomputeDirty(db: Db, options: RecomputeOptions): Promise<Round> {
  return withTx(db, async (tx) => {
    await tx.query('select pg_advisory_xact_lock(72190419)');
    const marks = await takeMarks(tx, options.maxMarks ?? MARKS_PER_ROUND, options);
    if (marks.length === 0) return { marks: 0, meters: 0, hours: 0, spans: 0, days: 0 };
    return recomputeMarks(tx, marks, options.now);
  });
}

async function recomputeMarks(tx: Tx, marks: readonly Mark[], now: number): Promise<Round> {
  const joined = joinMarks(marks);
  const facts = await registerFacts(tx, [...new Set(joined.map(({ meterId }) => meterId))]);
  const windows = await findWindows(tx, joined, facts);
  const totals = { hours: 0, spans: 0, days: 0 };
  for (const some of groupWindows(windows)) {
    const changed = await rewrite(tx, some, now);
    totals.hours += changed.hours;
    totals.spans += changed.spans;
    totals.days += changed.days;
  }
  return {
    marks: marks.length,
    meters: new Set(windows.map(registerKey)).size,
    ...totals,
    newestTs: marks.reduce((newest, { toTs }) => Math.max(newest, toTs), Number.NEGATIVE_INFINITY),
  };
}

async function rewrite(tx: Tx, windows: readonly Window[], now: number) {
  const readings = await effectiveReadings(tx, windows);
  const computedHours: HourRow[] = [];
  const computedSpans: SpanRow[] = [];
  for (const [i, { meterId, point, facts, hourFrom, hourTo }] of windows.entries()) {
    const { hours, spans } = bookLedger(readings[i] ?? [], facts);
    // hours beyond the edges are known in part only, and not ours to write
    const whole = hours.filter(({ hour }) => hour >= hourFrom && hour < hourTo);
    computedHours.push(...whole.map((entry) => ({ meterId, point, ...entry })));
    computedSpans.push(...spans.map((entry) => ({ meterId, point, ...entry })));
  }
  const hours = compareHours(await storedHours(tx, windows), computedHours);
  const spans = compareSpans(await storedSpans(tx, windows), computedSpans);
  await writeHours(tx, hours, now);
  await writeSpans(tx, spans, now);
  const days = changedDays(hours, spans);
  await refreshDays(tx, days, now);
  return {
    hours: hours.write.length + hours.remove.length,
    spans: spans.write.length + spans.remove.length,
    days: days.length,
  };
}
