/** In which order the readings of one gateway came, and what that says: sent twice, sent backwards, sent late. */
import { MINUTE } from '@ganzhi/schemas';

/** A message of a gateway. */
export interface Arrival {
  readonly seq: number;
  readonly replay: boolean;
  /** Readings in it. */
  readonly readings: number;
  /** Stamps of some meters' readings that it was the first to bring, ascending; none when it brought nothing new. */
  readonly times: readonly number[];
}

export interface Stretch {
  readonly fromMs: number;
  /** After the last reading's interval. */
  readonly toMs: number;
  readonly messages: number;
}

/** A message that was sent again follows the first one within so many messages: a harvest may be several. */
const LOOK_BACK = 8;
/** So many in a row, each older than the one before, are no accident of the network. */
const FEWEST_BACKWARDS = 3;
/** Stretches with less between them are one. */
const SAME_MS = 5 * 60 * MINUTE;

/** Messages whose readings were all there already, as many as in one shortly before: the times of what they repeat. */
export function sentTwice(arrivals: readonly Arrival[], intervalMs: number): Stretch[] {
  const repeated = arrivals.flatMap((arrival, i) => {
    if (arrival.readings === 0 || arrival.times.length > 0) return [];
    const first = arrivals
      .slice(Math.max(0, i - LOOK_BACK), i)
      .findLast(({ readings, times }) => readings === arrival.readings && times.length > 0);
    return first ? [first.times] : [];
  });
  return joined(repeated, intervalMs, SAME_MS);
}

/** Runs of live messages each of which is older than the one before it. */
export function sentBackwards(arrivals: readonly Arrival[], intervalMs: number): Stretch[] {
  const runs: Arrival[][] = [];
  for (const arrival of arrivals) {
    const newest = arrival.times.at(-1);
    if (arrival.replay || newest === undefined) continue;
    const run = runs.at(-1);
    const oldest = run?.at(-1)?.times[0];
    if (run && oldest !== undefined && newest < oldest) run.push(arrival);
    else runs.push([arrival]);
  }
  return joined(
    runs.filter((run) => run.length >= FEWEST_BACKWARDS).flatMap((run) => run.map(({ times }) => times)),
    intervalMs,
    SAME_MS,
  );
}

/** What came as backlog. */
export const sentLate = (arrivals: readonly Arrival[], intervalMs: number): Stretch[] =>
  joined(
    arrivals.filter(({ replay, times }) => replay && times.length > 0).map(({ times }) => times),
    intervalMs,
    2 * intervalMs,
  );

function joined(parts: readonly (readonly number[])[], intervalMs: number, sameMs: number): Stretch[] {
  const stretches: { fromMs: number; toMs: number; messages: number }[] = [];
  for (const times of parts.toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0))) {
    const fromMs = times[0] ?? 0;
    const toMs = (times.at(-1) ?? fromMs) + intervalMs;
    const last = stretches.at(-1);
    if (last && fromMs - last.toMs <= sameMs) {
      last.toMs = Math.max(last.toMs, toMs);
      last.messages += 1;
    } else stretches.push({ fromMs, toMs, messages: 1 });
  }
  return stretches;
}
