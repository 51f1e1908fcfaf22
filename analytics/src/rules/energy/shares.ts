/** Sharing a whole out without losing or making a count. */

import { dayNumber } from './dated.ts';
import { compare, fraction, multiply, type Rational, roundTo, sum } from './rational.ts';

/**
 * The part of `counts`, spread evenly over [fromDay, toDay), that falls into [partFrom, partTo). Cumulative and rounded half
 * up, so that the parts of adjoining periods always add up to the whole. The same formula stands in SQL as
 * `energy.day_share`; a test compares them.
 */
export function dayShare(counts: bigint, fromDay: string, toDay: string, partFrom: string, partTo: string): bigint {
  const [from, to] = [dayNumber(fromDay), dayNumber(toDay)];
  const until = (day: string): bigint => {
    const at = Math.min(Math.max(dayNumber(day), from), to);
    return floorDivide(2n * counts * BigInt(at - from) + BigInt(to - from), 2n * BigInt(to - from));
  };
  return to > from && partTo > partFrom ? until(partTo) - until(partFrom) : 0n;
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

/**
 * Splits counts by weights to the last count: each gets its share rounded down, and what is left goes, one by one, to the
 * largest remainders (ties: the first). Negative counts are split alike.
 *
 * @param weights none negative
 * @returns undefined when no weight is above zero: there is nobody to give it to
 */
export function apportion(counts: bigint, weights: readonly Rational[]): bigint[] | undefined {
  const total = sum(weights);
  if (total.num <= 0n || weights.some((weight) => weight.num < 0n)) return undefined;
  const magnitude = counts < 0n ? -counts : counts;
  const shares = weights.map((weight, index) => {
    const exact = multiply(fraction(magnitude), fraction(weight.num * total.den, weight.den * total.num));
    const whole = exact.num / exact.den;
    return { index, whole, rest: fraction(exact.num - whole * exact.den, exact.den) };
  });
  let left = magnitude - shares.reduce((taken, share) => taken + share.whole, 0n);
  const result = shares.map(({ whole }) => whole);
  for (const { index } of shares.toSorted((a, b) => compare(b.rest, a.rest) || a.index - b.index)) {
    if (left === 0n) break;
    result[index] = (result[index] ?? 0n) + 1n;
    left -= 1n;
  }
  return counts < 0n ? result.map((share) => -share) : result;
}

/** A decimal quantity as counts of 10^-decimals. */
export const countsOf = (quantity: Rational, decimals: number): bigint => roundTo(quantity, decimals);

/** Σ of parts over the whole, 0 to 1; null for an empty whole. */
export const shareOf = (part: Rational, whole: Rational): Rational | null =>
  whole.num === 0n ? null : multiply(part, fraction(whole.den, whole.num));
