/** Key figures of data and of night flow (domain handbook §4, §2.7). */
import { decimal, fraction, multiply, type Rational } from './rational.ts';

/** Records a day that `points` points at `perHour` uploads an hour should bring: 24 f n. */
export const expectedRecords = (perHour: number, points: number): number => 24 * perHour * points;

/**
 * Valid records by expected ones, 0 to 1 (target 95 %, floor 90 %).
 *
 * @returns null where nothing was expected
 */
export const completeness = (valid: number, expected: number): Rational | null =>
  expected > 0 ? fraction(BigInt(valid), BigInt(expected)) : null;

/** What a steady night flow loses in a month of 30 days: q x 24 x 30, in the unit of the flow's hour. An estimate, never booked. */
export const monthlyLeak = (nightFlowPerHour: Rational): Rational => multiply(nightFlowPerHour, decimal('720'));
