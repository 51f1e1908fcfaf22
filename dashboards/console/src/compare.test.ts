import { expect, test } from 'vitest';
import { changeOf } from './compare.ts';

const full = (consumption: number | null) => ({ consumption, coverage: 1 });

test('a change needs two known sums that cover their hours', () => {
  expect(changeOf(full(110), full(100))).toBeCloseTo(0.1);
  expect(changeOf(full(0), full(100))).toBe(-1);
  expect(changeOf(full(null), full(100))).toBeNull();
  expect(changeOf(full(110), full(null))).toBeNull();
  expect(changeOf(full(110), full(0))).toBeNull();
  expect(changeOf({ consumption: 60, coverage: 0.6 }, full(100))).toBeNull();
  expect(changeOf(full(110), { consumption: 50, coverage: null })).toBeNull();
});
