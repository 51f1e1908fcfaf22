import { expect, test } from 'vitest';
import { createFormat, instant, largestUnit, roundedShare, UNKNOWN } from './format.ts';

const zh = createFormat('zh');
const en = createFormat('en');
const noon = Date.parse('2026-11-23T12:00:00+08:00');

test('unknown is a dash, never zero', () => {
  for (const format of [zh, en]) {
    const texts = [format.number(null), format.quantity(null, 'kWh'), format.share(null), format.ago(null, noon)];
    expect(texts).toEqual(Array(4).fill(UNKNOWN));
    expect(format.quantity(0, 'kWh')).toBe('0 kWh');
  }
  expect(instant(null)).toBeNull();
});

test.each([
  [1234567.8, '1,234,568'],
  [1000, '1,000'],
  [999.96, '1,000.0'],
  [48.25, '48.3'],
  [9.876, '9.88'],
  [-0.5, '-0.50'],
])('number %d reads %s', (value, text) => {
  expect(zh.number(value)).toBe(text);
});

test('a share claims "all" or "none" only when it is', () => {
  expect(zh.share(1)).toBe('100%');
  expect(zh.share(0.99999)).toBe('99.9%');
  expect(zh.share(0.00001)).toBe('0.1%');
  expect(zh.share(0)).toBe('0%');
  expect(roundedShare(1.0852)).toBe(1.085);
});

test('times are Shanghai times wherever the machine stands', () => {
  expect(zh.clock(noon)).toBe('12:00:00');
  expect(en.hourMinute(Date.parse('2026-11-22T16:00:00Z'))).toBe('00:00');
  expect(zh.day(noon)).toContain('11月23日');
  expect(en.day(noon)).toContain('23 Nov');
});

test('ages are whole units of the largest kind, and never lie in the future', () => {
  expect(largestUnit(59.9)).toEqual([59, 'second']);
  expect(largestUnit(3_600)).toEqual([1, 'hour']);
  expect(largestUnit(172_800)).toEqual([2, 'day']);
  expect(en.ago(noon - 180_000, noon)).toBe('3 min ago');
  expect(zh.ago(noon - 180_000, noon)).toBe('3分钟前');
  expect(zh.ago(noon + 5_000, noon)).toBe(zh.ago(noon, noon));
});

test('a name in the language of the page', () => {
  const name = { nameZh: '图书馆', nameEn: 'Library' };
  expect([zh.name(name), en.name(name)]).toEqual(['图书馆', 'Library']);
});
