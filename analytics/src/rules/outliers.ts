/**
 * Readings that are no registers: the display went somewhere else for up to three readings and came back.
 *
 * A run of up to three readings between p and n is set aside when p to n is forward movement and none of the run lies on
 * the way. A register that only counts never does that, so no threshold is needed; spikes, zeros of a restarting meter and
 * swapped words all do. Only where a register falls can such a run be, so only falls are looked at. Of several explanations
 * of one fall the shortest run counts; when two are as short (100, 130, 120, 140) neither reading is believed.
 */
import { editAt } from './edit.ts';
import { movementBetween, type RegisterFacts, type RegisterReading } from './register.ts';
import { swappedWords } from './words.ts';

const LONGEST_RUN = 3;

export type OutlierKind = 'transient-zero' | 'spike' | 'word-order' | 'backward';

/**
 * @param readings of one life of a meter, ascending
 * @returns kind by index of the readings to set aside
 */
export function findOutliers(readings: readonly RegisterReading[], facts: RegisterFacts): Map<number, OutlierKind> {
  const found = new Map<number, OutlierKind>();
  for (let i = 1; i < readings.length; i += 1) {
    if (counts(readings, i) >= counts(readings, i - 1)) continue;
    for (let length = 1; length <= LONGEST_RUN; length += 1) {
      const runs = runsAround(i, length).filter((start) => isAway(readings, start, length, facts));
      for (const start of runs) {
        for (let at = start; at < start + length; at += 1) found.set(at, kindOf(readings, start, length, at));
      }
      if (runs.length > 0) break;
    }
  }
  return found;
}

const counts = (readings: readonly RegisterReading[], i: number): bigint => readings[i]?.counts ?? 0n;

/** First indexes of runs of this length that hold the reading before or after the fall into `i`. */
const runsAround = (i: number, length: number): number[] =>
  Array.from({ length: length + 1 }, (_, k) => i - length + k);

function isAway(readings: readonly RegisterReading[], start: number, length: number, facts: RegisterFacts): boolean {
  const before = readings[start - 1];
  const after = readings[start + length];
  if (!before || !after) return false;
  const moved = (from: bigint, to: bigint) => movementBetween(from, to, facts.modulus).counts;
  const whole = moved(before.counts, after.counts);
  if (whole < 0n) return false;
  return readings.slice(start, start + length).every(({ ts, counts: value }) => {
    if (editAt(facts.edits, ts, ['accept', 'set-aside'])?.verdict === 'accept') return false;
    const there = moved(before.counts, value);
    const back = moved(value, after.counts);
    return there < 0n || back < 0n || there + back !== whole;
  });
}

function kindOf(readings: readonly RegisterReading[], start: number, length: number, at: number): OutlierKind {
  const before = counts(readings, start - 1);
  const after = counts(readings, start + length);
  const value = counts(readings, at);
  if (value === 0n) return 'transient-zero';
  const swapped = swappedWords(value);
  if (swapped !== undefined && swapped >= before && swapped <= after) return 'word-order';
  return value > after ? 'spike' : 'backward';
}
