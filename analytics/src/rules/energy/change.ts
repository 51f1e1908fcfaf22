/** Changes between periods (domain handbook §2.3). */
import { add, divide, isZero, ONE, type Rational, subtract, ZERO } from './rational.ts';

/** (x − x₋₁) / |x₋₁|, for year on year and month on month; null when there is nothing to compare with. */
export function changeRate(now: Rational | null, before: Rational | null): Rational | null {
  if (!now || !before || isZero(before)) return null;
  return divide(subtract(now, before), before.num < 0n ? { num: -before.num, den: before.den } : before);
}

/** Cumulative reduction against a base year: 1 − now / base (TV-05). */
export function reduction(now: Rational, base: Rational): Rational | null {
  return isZero(base) ? null : subtract(ONE, divide(now, base));
}

/** Pooled rate of several pairs: Σ saved / Σ before, never the mean of the rates (TV-06). */
export function pooledReduction(pairs: readonly { before: Rational; after: Rational }[]): Rational | null {
  const before = pairs.reduce((total, pair) => add(total, pair.before), ZERO);
  const after = pairs.reduce((total, pair) => add(total, pair.after), ZERO);
  return reduction(after, before);
}

/** Energy effectiveness of a data room: total / IT electricity; null when no IT electricity is known. */
export const powerUsageEffectiveness = (total: Rational, it: Rational): Rational | null =>
  it.num <= 0n ? null : divide(total, it);

/** Mean power by peak power of the same span, 0 to 1; null without a peak. */
export function loadFactor(hourly: readonly Rational[]): Rational | null {
  const peak = hourly.reduce((high, one) => (subtract(one, high).num > 0n ? one : high), ZERO);
  if (hourly.length === 0 || isZero(peak)) return null;
  const total = hourly.reduce(add, ZERO);
  return divide(total, { num: peak.num * BigInt(hourly.length), den: peak.den });
}
