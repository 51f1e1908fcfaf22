/**
 * What a month of electricity costs besides its energy: the basic charge by capacity or demand, and the adjustment by power
 * factor (domain handbook §2.10). Prices, tolerances and scales are data.
 */
import { add, compare, decimal, fraction, multiply, type Rational, subtract, ZERO } from './rational.ts';
import type { TariffContent } from './tariff.ts';

export const CHARGE_BASES = ['none', 'capacity', 'contract-demand', 'actual-demand'] as const;
export type ChargeBasis = (typeof CHARGE_BASES)[number];

export interface SupplyContract {
  readonly basis: ChargeBasis;
  readonly capacityKva: Rational | null;
  readonly demandKw: Rational | null;
}

/**
 * Basic charge of a month, CNY. By contract demand: the contracted value while the measured one stays within its tolerance
 * (105 %), and what lies above it at a multiple (发改办价格〔2016〕1583号: twice) besides.
 *
 * @param measuredKw highest mean over a quarter of an hour; null: not known
 * @returns null when the tariff has no such price, or the demand it depends on is not known
 */
export function basicCharge(
  prices: TariffContent['capacity'],
  { basis, capacityKva, demandKw }: SupplyContract,
  measuredKw: Rational | null,
): Rational | null {
  if (basis === 'none') return ZERO;
  if (!prices) return null;
  if (basis === 'capacity') return capacityKva && multiply(capacityKva, decimal(prices.perKvaMonth));
  const price = decimal(prices.perKwDemandMonth);
  if (basis === 'actual-demand') return measuredKw && multiply(measuredKw, price);
  if (!demandKw) return null;
  const contracted = multiply(demandKw, price);
  const above = measuredKw && subtract(measuredKw, multiply(demandKw, decimal(prices.demandTolerance)));
  if (!above || compare(above, ZERO) <= 0) return contracted;
  return add(contracted, multiply(multiply(above, price), decimal(prices.excessMultiplier)));
}

/** One step of a scale: from the end of the one before (first: the standard) to `to`, percent for each hundredth. */
export interface ScaleStep {
  readonly to: string;
  readonly percent: string;
}

export interface PowerFactorScale {
  readonly standard: string;
  readonly below: readonly ScaleStep[];
  readonly above: readonly ScaleStep[];
}

const hundredths = (text: string): number => Math.round(Number(text) * 100);

/** Power factor of a month in hundredths, from its active and reactive energy; null without active energy. */
export function powerFactorOf(activeKwh: number, reactiveKvarh: number): number | null {
  if (activeKwh <= 0) return null;
  return Math.round((100 * activeKwh) / Math.hypot(activeKwh, reactiveKvarh));
}

/**
 * Share by which the charge changes, positive: more is paid ((83)水电财字第215号).
 *
 * @param factor power factor in hundredths
 */
export function powerFactorShare({ standard, below, above }: PowerFactorScale, factor: number): Rational {
  const start = hundredths(standard);
  const isBelow = factor < start;
  let [at, percent] = [start, ZERO];
  for (const step of isBelow ? below : above) {
    const end = hundredths(step.to);
    const reached = isBelow ? Math.max(end, factor) : Math.min(end, factor);
    percent = add(percent, multiply(decimal(step.percent), fraction(BigInt(Math.max(0, Math.abs(at - reached))))));
    if (reached === factor) break;
    at = end;
  }
  const share = multiply(percent, fraction(1n, 100n));
  return isBelow ? share : subtract(ZERO, share);
}
