/** Facts that hold from a day until the next record: area, users, tariffs. */
import { DAY } from '@ganzhi/schemas';
import { add, fraction, multiply, type Rational, ZERO } from './rational.ts';

export interface DatedFact {
  readonly id: number;
  readonly value: Rational;
  /** Shanghai day from which it holds. */
  readonly validFrom: string;
  readonly recordedAt: number;
}

/** Whole days since 1970, of a Shanghai calendar day. */
export const dayNumber = (day: string): number => Date.parse(`${day}T00:00:00Z`) / DAY;
export const dayOfNumber = (n: number): string => new Date(n * DAY).toISOString().slice(0, 10);
/** The day `n` days later. */
export const addDays = (day: string, n: number): string => dayOfNumber(dayNumber(day) + n);

/** Facts in order, the latest recorded of each day only. */
export function timeline<T extends { validFrom: string; recordedAt: number }>(
  facts: readonly T[],
  knownOn = Number.POSITIVE_INFINITY,
): T[] {
  const byDay = new Map<string, T>();
  for (const fact of facts.toSorted((a, b) => a.recordedAt - b.recordedAt)) {
    if (fact.recordedAt <= knownOn) byDay.set(fact.validFrom, fact);
  }
  return [...byDay.values()].sort((a, b) => (a.validFrom < b.validFrom ? -1 : 1));
}

/** The fact in force on a day. */
export const inForce = <T extends { validFrom: string }>(ordered: readonly T[], day: string): T | undefined =>
  ordered.findLast((fact) => fact.validFrom <= day);

export interface WeightedMean {
  readonly value: Rational;
  /** Facts that took part. */
  readonly versions: readonly number[];
}

/**
 * Time-weighted mean over [fromDay, toDay): a value that changes in mid-year counts by its days (domain handbook §2.3). Days
 * before the first record count as 0, so that a building in use for part of a year counts area × days / days of the period.
 *
 * @returns undefined when no record holds on any of the days
 */
export function weightedMean(ordered: readonly DatedFact[], fromDay: string, toDay: string): WeightedMean | undefined {
  const [start, end] = [dayNumber(fromDay), dayNumber(toDay)];
  if (end <= start) return undefined;
  const parts = ordered.flatMap((fact, i) => {
    const next = ordered[i + 1];
    const from = Math.max(start, dayNumber(fact.validFrom));
    const to = Math.min(end, next ? dayNumber(next.validFrom) : end);
    return to > from ? [{ id: fact.id, weighted: multiply(fact.value, fraction(BigInt(to - from))) }] : [];
  });
  if (parts.length === 0) return undefined;
  const total = parts.reduce((sum, part) => add(sum, part.weighted), ZERO);
  return { value: multiply(total, fraction(1n, BigInt(end - start))), versions: parts.map(({ id }) => id) };
}
