import { expect, test } from 'vitest';
import type { MeterItem } from '../../api/types.ts';
import { yearElapsed } from '../../chart/calendar.ts';
import { inTreeOrder, isLate } from './meter-tree.ts';
import { lastDays, lastHours } from './spans.ts';

const meter = (id: number, parentId: number | null, ageS: number | null = 0): MeterItem => ({
  id,
  parentId,
  ageS,
  code: String(id),
  nameZh: '',
  nameEn: '',
  medium: 'electricity',
  role: parentId === null ? 'main' : 'sub',
  itemCode: null,
  template: 'a-b',
  gatewayCode: null,
  intervalS: 900,
  lastReadingAt: null,
  failure: null,
  powerKw: null,
});

test('sub meters stand below their parent; none is lost when the parent is not listed', () => {
  const order = inTreeOrder([meter(1, null), meter(2, null), meter(3, 1), meter(4, 3), meter(5, 99)]);
  expect(order.map(({ meter: { id }, depth }) => [id, depth])).toEqual([
    [1, 0],
    [3, 1],
    [4, 2],
    [2, 0],
    [5, 0],
  ]);
});

test('late after two intervals; silence from the start is not lateness', () => {
  expect([meter(1, null, 1_800), meter(1, null, 1_801), meter(1, null, null)].map(isLate)).toEqual([
    false,
    true,
    false,
  ]);
});

test('spans end with the running hour or day of Shanghai', () => {
  const now = Date.parse('2026-11-23T23:59:59+08:00');
  expect(lastHours(now)).toEqual({
    grain: 'hour',
    from: '2026-11-23T00:00:00+08:00',
    to: '2026-11-24T00:00:00+08:00',
  });
  expect(lastDays(now)).toEqual({ grain: 'day', from: '2026-10-25T00:00:00+08:00', to: '2026-11-24T00:00:00+08:00' });
});

test('the share of the year that has passed', () => {
  const midnight = Date.parse('2026-01-01T00:00:00+08:00');
  expect(yearElapsed(midnight, 2026)).toBe(0);
  expect(yearElapsed(midnight, 2025)).toBe(1);
  expect(yearElapsed(Date.parse('2026-07-02T12:00:00+08:00'), 2026)).toBeCloseTo(0.5, 3);
});
