/**
 * Values as integer counts of a decimal resolution: 1234.56 kWh at two decimals is the count 123456n.
 *
 * Energy is added and compared as counts only, so nothing is lost to binary fractions; the decimal point is placed once,
 * at the edge. Counts travel as bigint in code and int8 in the database.
 */

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;
export const MAX_DECIMALS = 9;
const EXACT_DIGITS = 1e15;
const INT8_MAX = 9_223_372_036_854_775_807n;

/**
 * Counts of a value, rounded half away from zero on its shortest decimal form (the digits a person would write down).
 *
 * @param value a finite number, or a decimal string for registers beyond 2^53
 * @param decimals resolution 10^-decimals, 0 to 9
 * @returns the count, or undefined when the value is not finite, not a plain decimal, or does not fit in int8
 */
export function toCounts(value: number | string, decimals: number): bigint | undefined {
  if (typeof value === 'number') {
    // The usual value has no more digits than the point. Below 10^15 a decimal and its nearest double name each other, so
    // a quotient that gives the value back proves the count without looking at the text.
    const scaled = Math.round(value * 10 ** decimals);
    if (Math.abs(scaled) < EXACT_DIGITS && scaled / 10 ** decimals === value) return BigInt(scaled);
  }
  const text = typeof value === 'string' ? value : decimalText(value);
  const match = text === undefined ? null : DECIMAL.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '0', fraction = ''] = match;
  const kept = fraction.slice(0, decimals).padEnd(decimals, '0');
  const roundUp = (fraction.charCodeAt(decimals) || 0) >= 53; // '5' or above
  const magnitude = BigInt(whole + kept) + (roundUp ? 1n : 0n);
  if (magnitude > INT8_MAX) return undefined;
  return sign === '-' ? -magnitude : magnitude;
}

/** The decimal text of a count: `fromCounts(123456n, 2)` is `"1234.56"`. Exact for any size. */
export function fromCounts(counts: bigint, decimals: number): string {
  const digits = (counts < 0n ? -counts : counts).toString().padStart(decimals + 1, '0');
  const cut = digits.length - decimals;
  const text = decimals === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`;
  return counts < 0n ? `-${text}` : text;
}

/** A count as a JSON number in the quantity's unit; for display and JSON, never for further addition. */
export const toNumber = (counts: bigint, decimals: number): number => Number(fromCounts(counts, decimals));

/** Shortest decimal form without exponent: 1e21 and 1e-7 included; undefined for NaN and infinities. */
function decimalText(value: number): string | undefined {
  if (!Number.isFinite(value)) return undefined;
  const text = String(value);
  const [mantissa = '', exponentText] = text.split('e');
  if (exponentText === undefined) return text;
  const exponent = Number(exponentText);
  const negative = mantissa.startsWith('-');
  const [whole = '0', fraction = ''] = mantissa.replace('-', '').split('.');
  const digits = whole + fraction;
  const point = whole.length + exponent;
  const plain =
    point <= 0
      ? `0.${'0'.repeat(-point)}${digits}`
      : point >= digits.length
        ? digits.padEnd(point, '0')
        : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return negative ? `-${plain}` : plain;
}
