/**
 * Exact fractions: factors, weights and formulas are multiplied and divided without a binary fraction; the decimal point
 * is placed once, at the edge.
 */
import { GanzhiError } from '@ganzhi/schemas';

/** In lowest terms, `den` above 0. */
export interface Rational {
  readonly num: bigint;
  readonly den: bigint;
}

export const ZERO: Rational = { num: 0n, den: 1n };
export const ONE: Rational = { num: 1n, den: 1n };

/** @throws GanzhiError `internal` when `den` is 0: callers check what they divide by */
export function fraction(num: bigint, den = 1n): Rational {
  if (den === 0n) throw new GanzhiError('internal', 'division by zero');
  const sign = den < 0n ? -1n : 1n;
  const divisor = greatestCommonDivisor(num < 0n ? -num : num, den * sign);
  return { num: (num * sign) / divisor, den: (den * sign) / divisor };
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y > 0n) [x, y] = [y, x % y];
  return x === 0n ? 1n : x;
}

const DECIMAL = /^(-?)(\d{1,40})(?:\.(\d{1,40}))?$/;

/** A plain decimal such as `0.1229`; undefined when it is none. */
export function parseDecimal(text: string): Rational | undefined {
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '0', digits = ''] = match;
  const magnitude = BigInt(whole + digits);
  return fraction(sign === '-' ? -magnitude : magnitude, 10n ** BigInt(digits.length));
}

/** @throws GanzhiError `internal`: for decimals of the database, which are well formed */
export function decimal(text: string): Rational {
  const value = parseDecimal(text);
  if (!value) throw new GanzhiError('internal', `"${text}" is not a decimal`);
  return value;
}

export const add = (a: Rational, b: Rational): Rational => fraction(a.num * b.den + b.num * a.den, a.den * b.den);
export const negate = (a: Rational): Rational => ({ num: -a.num, den: a.den });
export const subtract = (a: Rational, b: Rational): Rational => add(a, negate(b));
export const multiply = (a: Rational, b: Rational): Rational => fraction(a.num * b.num, a.den * b.den);
export const divide = (a: Rational, b: Rational): Rational => fraction(a.num * b.den, a.den * b.num);
export const sum = (list: readonly Rational[]): Rational => list.reduce(add, ZERO);

/** Negative, zero or positive, as for sorting. */
export function compare(a: Rational, b: Rational): number {
  const difference = a.num * b.den - b.num * a.den;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export const isZero = (a: Rational): boolean => a.num === 0n;

/** Integer count of 10^-decimals, rounded half away from zero. */
export function roundTo(a: Rational, decimals: number): bigint {
  const scaled = (a.num < 0n ? -a.num : a.num) * 10n ** BigInt(decimals);
  const rounded = (2n * scaled + a.den) / (2n * a.den);
  return a.num < 0n ? -rounded : rounded;
}

/** Decimal text with `decimals` digits, rounded half away from zero. */
export function toText(a: Rational, decimals: number): string {
  const count = roundTo(a, decimals);
  const digits = (count < 0n ? -count : count).toString().padStart(decimals + 1, '0');
  const cut = digits.length - decimals;
  const text = decimals === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`;
  return count < 0n ? `-${text}` : text;
}

/** For JSON and display; never for further addition. */
export const toNumber = (a: Rational, decimals = 6): number => Number(toText(a, decimals));
