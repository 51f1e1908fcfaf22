/**
 * A register that stood still and then made up for it (VEE rule V4): the display was frozen, the energy went on.
 *
 * A plateau of at least three intervals that ends in a step too fast for this meter, whose movement spread over the plateau
 * is not (with more room for a long one): the readings after the first are set aside, and the movement becomes a gap. A
 * plateau that ends in an ordinary step was a meter at rest: zero is legitimate. Where the steps around stand still too now
 * and then (coarse registers, few users), eight intervals are asked for.
 */
import { DAY, SECOND } from '@ganzhi/schemas';
import { editAt } from './edit.ts';
import { paceAround, perHour } from './pace.ts';
import { movementBetween, type RegisterFacts, type RegisterReading } from './register.ts';
import { limitsAt } from './vee-rules.ts';

/** A meter that shows the same for longer is at rest or out of order, and found by other means. */
export const LONGEST_FREEZE_MS = 3 * DAY;
/** More than this is asked for where the threshold of V4 is higher. */
const SHORTEST_INTERVALS_AT_REST = 8;
/** The step after the plateau is so many times as fast as the steps around. */
const TOO_FAST = 3;
/** Spread over the plateau it is at most so many times as fast. */
const AS_USUAL = 1.5;
/**
 * A plateau of so many intervals reaches from one time of the day into another, where the pace around it is no measure: a
 * display that froze in one night and was right again in the next moves several times as fast in between.
 */
const LONG_INTERVALS = 12;
const AS_USUAL_LONG = 6;
const FEWEST_COUNTS = 4n;

export interface Plateau {
  /** Index of the first reading, which is a register, and of the last of the frozen ones. */
  readonly first: number;
  readonly last: number;
  readonly usualPerHour: number;
  readonly foundPerHour: number;
}

/** @param readings of one life, without outliers, ascending */
export function findFrozen(readings: readonly RegisterReading[], facts: RegisterFacts): Plateau[] {
  const found: Plateau[] = [];
  let first = 0;
  for (let i = 1; i <= readings.length; i += 1) {
    if (readings[i]?.counts === readings[first]?.counts) continue;
    const plateau = judge(readings, first, i - 1, facts);
    if (plateau) found.push(plateau);
    first = i;
  }
  return found;
}

function judge(
  readings: readonly RegisterReading[],
  first: number,
  last: number,
  facts: RegisterFacts,
): Plateau | undefined {
  const from = readings[first];
  const still = readings[last];
  const next = readings[last + 1];
  if (!from || !still || !next || last === first) return undefined;
  const { frozenIntervals } = limitsAt(facts.limits, from.ts);
  const lengthMs = still.ts - from.ts;
  if (last - first < frozenIntervals || lengthMs < frozenIntervals * facts.intervalS * SECOND) return undefined;
  if (lengthMs > LONGEST_FREEZE_MS) return undefined;
  const { counts } = movementBetween(still.counts, next.counts, facts.modulus);
  if (counts < FEWEST_COUNTS) return undefined;
  const pace = paceAround(readings, first, last + 1, facts);
  const isAtRest = pace.still > 0;
  if (isAtRest && lengthMs < Math.max(SHORTEST_INTERVALS_AT_REST, frozenIntervals) * facts.intervalS * SECOND)
    return undefined;
  const foundPerHour = perHour(counts, next.ts - still.ts);
  const spreadPerHour = perHour(counts, next.ts - from.ts);
  if (pace.usualPerHour === 0 || foundPerHour <= TOO_FAST * pace.usualPerHour) return undefined;
  const isLong = lengthMs >= LONG_INTERVALS * facts.intervalS * SECOND;
  if (spreadPerHour > (isLong ? AS_USUAL_LONG : AS_USUAL) * pace.usualPerHour) return undefined;
  const isAccepted = readings
    .slice(first + 1, last + 1)
    .some(({ ts }) => editAt(facts.edits, ts, ['accept'])?.verdict === 'accept');
  return isAccepted ? undefined : { first, last, usualPerHour: pace.usualPerHour, foundPerHour };
}
