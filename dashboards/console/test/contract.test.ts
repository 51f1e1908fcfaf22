import { dayStart, ERRORS, hourStart, MEDIA } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import * as calendar from '../src/chart/calendar.ts';
import { en } from '../src/i18n/en.ts';
import { zh } from '../src/i18n/zh.ts';

// The page may use no values of the contract, so what it repeats is compared here.

test('the page has words for every failure that a meter can report, the same as the error table', () => {
  const failures = Object.entries(ERRORS).filter(([code]) => code.startsWith('read-'));
  expect(zh.failure).toEqual(Object.fromEntries(failures.map(([code, error]) => [code, error.zh])));
  expect(Object.keys(en.failure)).toEqual(failures.map(([code]) => code));
});

test('the page has words for every medium', () => {
  expect(Object.keys(zh.medium)).toEqual([...MEDIA]);
});

test('hours and days begin where the contract says', () => {
  const start = Date.parse('2026-02-28T23:30:00+08:00');
  for (let i = 0; i < 100; i += 1) {
    const t = start + i * 37 * 61_000;
    expect([calendar.hourStart(t), calendar.dayStart(t)]).toEqual([hourStart(t), dayStart(t)]);
  }
});
