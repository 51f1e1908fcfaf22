import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyScale } from './scale.ts';

test('integers at a decimal scale print as a person would write them', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -2_000_000_000, max: 2_000_000_000 }),
      fc.integer({ min: 0, max: 4 }),
      (raw, decimals) => {
        const scaled = applyScale(BigInt(raw), Number(`1e-${decimals}`));
        expect((String(scaled).split('.')[1] ?? '').length).toBeLessThanOrEqual(decimals);
        expect(Math.round(Number(scaled) * 10 ** decimals)).toBe(raw);
      },
    ),
  );
});

test('other scales multiply', () => {
  expect(applyScale(7n, 0.5)).toBe(3.5);
  expect(applyScale(7, 1000)).toBe(7000);
});
