import { fromCounts } from '@ganzhi/schemas';

/**
 * Register times scale without the noise of binary fractions: 123456 at 0.01 is 1234.56, not 1234.5600000000002.
 *
 * @param raw an integer register (bigint) or a float
 * @param scale the template's factor; powers of ten down to 1e-9 are exact
 * @returns a number, or a decimal string when the integer is beyond 2^53
 */
export function applyScale(raw: bigint | number, scale: number): number | string {
  const decimals = negativePowerOfTen(scale);
  if (typeof raw === 'bigint') {
    if (decimals === undefined) return Number(raw) * scale;
    const fitsDouble = raw >= BigInt(Number.MIN_SAFE_INTEGER) && raw <= BigInt(Number.MAX_SAFE_INTEGER);
    return fitsDouble ? Number(raw) / 10 ** decimals : fromCounts(raw, decimals);
  }
  return decimals === undefined ? raw * scale : raw / 10 ** decimals;
}

/** 0 for 1, 3 for 0.001; undefined when the scale is no such power. */
function negativePowerOfTen(scale: number): number | undefined {
  for (let decimals = 0; decimals <= 9; decimals += 1) if (scale === Number(`1e-${decimals}`)) return decimals;
  return undefined;
}
