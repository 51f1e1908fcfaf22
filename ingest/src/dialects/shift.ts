const DECIMAL = /^(-?)0*(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,3}))?$/i;

/**
 * A decimal value times a power of ten, exactly, as plain decimal text: 1234.5 by -3 is "1.2345".
 *
 * @param value a number, or a decimal string
 * @returns undefined for what is no finite decimal number
 */
export function shiftDecimal(value: number | string, powerOfTen: number): string | undefined {
  const [, sign, whole, fraction = '', exponent = '0'] = DECIMAL.exec(String(value)) ?? [];
  if (sign === undefined || whole === undefined) return undefined;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent) + powerOfTen;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits.padEnd(point, '0');
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
