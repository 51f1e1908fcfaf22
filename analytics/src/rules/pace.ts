import { HOUR } from '@ganzhi/schemas';
import { movementBetween, type RegisterFacts, type RegisterReading } from './register.ts';

/** Steps looked at on either side. Bounded, so that a recomputation of a part finds what one of the whole finds. */
export const PACE_STEPS = 8;

/** How fast a register moves around a step. */
export interface Pace {
  /** Counts per hour that are reached: the second fastest of the steps around, so that one spike does not set it. */
  readonly usualPerHour: number;
  /** Steps without movement among them. */
  readonly still: number;
  /** Steps known before and after. */
  readonly before: number;
  readonly after: number;
}

/** The pace around the step (or plateau) from index `first` to index `last`, which itself does not count. */
export function paceAround(
  readings: readonly RegisterReading[],
  first: number,
  last: number,
  facts: RegisterFacts,
): Pace {
  const before = perHourOf(readings.slice(Math.max(0, first - PACE_STEPS), first + 1), facts);
  const after = perHourOf(readings.slice(last, last + PACE_STEPS + 1), facts);
  const rates = [...before, ...after].sort((a, b) => b - a);
  return {
    usualPerHour: rates[1] ?? 0,
    still: rates.filter((rate) => rate === 0).length,
    before: before.length,
    after: after.length,
  };
}

/** Counts per hour of the forward steps; falls do not count. */
function perHourOf(readings: readonly RegisterReading[], facts: RegisterFacts): number[] {
  return readings.slice(1).flatMap((to, i) => {
    const from = readings[i];
    if (!from) return [];
    const { counts } = movementBetween(from.counts, to.counts, facts.modulus);
    return counts < 0n ? [] : [perHour(counts, to.ts - from.ts)];
  });
}

export const perHour = (counts: bigint, lengthMs: number): number => (Number(counts) * HOUR) / lengthMs;
