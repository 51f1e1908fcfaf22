/** Quotas of a year: tiers, corrections, progress (domain handbook §2.5). */
import { GanzhiError } from '@ganzhi/schemas';
import { add, compare, decimal, divide, multiply, type Rational } from './rational.ts';

export type Tier = 'advanced' | 'reasonable' | 'high' | 'over-constraint';

export interface QuotaValues {
  readonly constraint: Rational;
  readonly base: Rational;
  readonly guide: Rational;
}

/**
 * 先进, 合理, 偏高 or 超约束; each bound belongs to the better side (TV-07).
 *
 * @throws GanzhiError `invalid-request` when the three values are not in order
 */
export function tierOf(value: Rational, { constraint, base, guide }: QuotaValues): Tier {
  if (compare(guide, base) > 0 || compare(base, constraint) > 0) {
    throw new GanzhiError('invalid-request', 'The quota must keep guide <= base <= constraint; mend the three values.');
  }
  if (compare(value, guide) <= 0) return 'advanced';
  if (compare(value, base) <= 0) return 'reasonable';
  return compare(value, constraint) <= 0 ? 'high' : 'over-constraint';
}

/**
 * GB/T 51161-2016: a standard value corrected by annual hours and area per user.
 * γ₁ = 0.3 + 0.7 T/2500, γ₂ = 0.7 + 0.3 S/10 (TV-08).
 */
export function correctedOfficeQuota(standard: Rational, annualHours: Rational, areaPerPersonM2: Rational): Rational {
  const hours = add(decimal('0.3'), multiply(decimal('0.7'), divide(annualHours, decimal('2500'))));
  const area = add(decimal('0.7'), multiply(decimal('0.3'), divide(areaPerPersonM2, decimal('10'))));
  return multiply(multiply(standard, hours), area);
}

/** Share of a quota that is used, to be compared with the seasonal share of the year, not with its days (TV-28). */
export const progress = (used: Rational, quota: Rational): Rational => divide(used, quota);
