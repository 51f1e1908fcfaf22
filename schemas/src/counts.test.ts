import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromCounts, MAX_DECIMALS, toCounts, toNumber } from './counts.ts';

const INT8_MAX = 9_223_372_036_854_775_807n;
const decimals = fc.integer({ min: 0, max: MAX_DECIMALS });

test('what is written with its decimals reads back as the same count', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -INT8_MAX, max: INT8_MAX }), decimals, (counts, places) => {
      expect(toCounts(fromCounts(counts, places), places)).toBe(counts);
    }),
  );
});

test('a number counts as the digits a person would write, rounded half away from zero', () => {
  const digits = fc.integer({ min: -999_999_999, max: 999_999_999 });
  fc.assert(
    fc.property(digits, fc.integer({ min: -30, max: 6 }), decimals, (mantissa, exponent, places) => {
      expect(toCounts(Number(`${mantissa}e${exponent}`), places)).toBe(rounded(BigInt(mantissa), exponent + places));
    }),
  );
});

/** mantissa × 10^shift by integer arithmetic only; undefined beyond int8. */
function rounded(mantissa: bigint, shift: number): bigint | undefined {
  const size = mantissa < 0n ? -mantissa : mantissa;
  const unit = 10n ** BigInt(Math.abs(shift));
  const whole = shift >= 0 ? size * unit : (2n * size + unit) / (2n * unit);
  if (whole > INT8_MAX) return undefined;
  return mantissa < 0n ? -whole : whole;
}

describe('rounding', () => {
  test.each<[number | string, number, bigint]>([
    [1234.56, 2, 123456n],
    [1.005, 2, 101n],
    [-1.005, 2, -101n],
    [0.125, 2, 13n],
    ['0.004999999999999999999', 2, 0n],
    [-0.004, 2, 0n],
    [999_999.99, 2, 99_999_999n],
    [5e-7, 6, 1n],
    [4e-7, 6, 0n],
    [1e18, 0, 1_000_000_000_000_000_000n],
    [1.5e-9, 9, 2n],
    ['9007199254740993', 0, 9_007_199_254_740_993n],
    ['007.10', 1, 71n],
  ])('%s at %i decimals is %s', (value, places, counts) => {
    expect(toCounts(value, places)).toBe(counts);
  });
});

describe('what is no value', () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%s', (value) => {
    expect(toCounts(value, 2)).toBeUndefined();
  });

  test.each(['', ' 1', '1 ', '1.', '.5', '+1', '1e5', '0x10', '1,5', '一', '1\n'])('the text %j', (text) => {
    expect(toCounts(text, 2)).toBeUndefined();
  });

  test('what does not fit in the database', () => {
    expect(toCounts('92233720368547758.07', 2)).toBe(INT8_MAX);
    expect(toCounts('92233720368547758.074', 2)).toBe(INT8_MAX);
    expect(toCounts('92233720368547758.075', 2)).toBeUndefined();
    expect(toCounts('-92233720368547758.08', 2)).toBeUndefined();
    expect(toCounts(1e300, 0)).toBeUndefined();
  });
});

test.each<[bigint, number, string, number]>([
  [123456n, 2, '1234.56', 1234.56],
  [-5n, 2, '-0.05', -0.05],
  [0n, 3, '0.000', 0],
  [7n, 0, '7', 7],
])('%s at %i decimals reads %s', (counts, places, text, number) => {
  expect(fromCounts(counts, places)).toBe(text);
  expect(toNumber(counts, places)).toBe(number);
});
