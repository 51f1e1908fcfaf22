/** Figures that persons enter: what is unusual enough to ask for a reason (domain handbook §2.4). Nothing is changed or dropped. */
import { dayNumber } from './dated.ts';
import { compare, decimal, divide, fraction, isZero, multiply, type Rational, sum } from './rational.ts';

export type Finding =
  | { readonly kind: 'price'; readonly price: string; readonly low: string; readonly high: string }
  | { readonly kind: 'unit-slip'; readonly ratio: string }
  | { readonly kind: 'unusual'; readonly ratio: string };

/** Usual prices, CNY per unit (electricity per kWh, gas per m³). */
const PRICES: Readonly<Record<string, readonly [string, string]>> = {
  electricity: ['0.4', '1.2'],
  'natural-gas': ['2.5', '5.0'],
  water: ['1.5', '8.0'],
};

/** Against last year or the mean before: beyond these a reason is asked for. */
const USUAL = { low: decimal('0.5'), high: decimal('2') };
/** A thousand times more or less is a slip of the unit (kWh and MWh), not a change of use. */
const SLIP = { low: decimal('0.002'), high: decimal('500') };

/** Use per day against what it is compared with; both in the same unit. */
export function usageFinding(perDay: Rational, usual: Rational | undefined): Finding | undefined {
  if (!usual || isZero(usual)) return undefined;
  const ratio = divide(perDay, usual);
  const text = (Number(ratio.num) / Number(ratio.den)).toPrecision(3);
  if (compare(ratio, SLIP.high) >= 0 || (compare(ratio, SLIP.low) <= 0 && !isZero(ratio))) {
    return { kind: 'unit-slip', ratio: text };
  }
  if (compare(ratio, USUAL.high) > 0 || compare(ratio, USUAL.low) < 0) return { kind: 'unusual', ratio: text };
  return undefined;
}

export interface BillFacts {
  readonly carrier: string;
  readonly quantity: Rational;
  readonly costCny: Rational | null;
  readonly fromDay: string;
  readonly toDay: string;
}

/** Quantity per day of earlier bills: of a year before, where there is one, else the mean of all. */
export function usualPerDay(
  bill: BillFacts,
  others: readonly Omit<BillFacts, 'carrier' | 'costCny'>[],
): Rational | undefined {
  const days = (one: { fromDay: string; toDay: string }) => dayNumber(one.toDay) - dayNumber(one.fromDay);
  const middle = (dayNumber(bill.fromDay) + dayNumber(bill.toDay)) / 2 - 365;
  const yearAgo = others.filter((one) => dayNumber(one.fromDay) <= middle && middle < dayNumber(one.toDay));
  const basis = yearAgo.length > 0 ? yearAgo : others;
  const length = basis.reduce((total, one) => total + days(one), 0);
  if (length === 0) return undefined;
  return divide(sum(basis.map(({ quantity }) => quantity)), fraction(BigInt(length)));
}

/** What is unusual about a bill. */
export function billFindings(bill: BillFacts, others: readonly Omit<BillFacts, 'carrier' | 'costCny'>[]): Finding[] {
  const findings: Finding[] = [];
  const band = PRICES[bill.carrier];
  if (band && bill.costCny && !isZero(bill.quantity)) {
    const price = divide(bill.costCny, bill.quantity);
    const [low, high] = band;
    if (compare(price, decimal(low)) < 0 || compare(price, decimal(high)) > 0) {
      findings.push({ kind: 'price', price: (Number(price.num) / Number(price.den)).toPrecision(4), low, high });
    }
  }
  const length = dayNumber(bill.toDay) - dayNumber(bill.fromDay);
  const perDay = multiply(bill.quantity, fraction(1n, BigInt(length)));
  const usage = usageFinding(perDay, usualPerDay(bill, others));
  return usage ? [...findings, usage] : findings;
}
