import { withTx } from '@ganzhi/schemas/db';
import { testDatabase } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { isPattern, writeNumber } from './rules.ts';
import { takeNumber } from './sql.ts';

const database = await testDatabase();
afterAll(() => database.drop());
const db = await database.open('ganzhi_api');

const SERIES = { code: 'test', pattern: '常机管节〔{year}〕{seq}号' };
const NOW = Date.parse('2026-12-31T15:59:59Z');

const take = (now = NOW): Promise<string> => withTx(db, (tx) => takeNumber(tx, SERIES, now));

/** Takes a number and fails afterwards: the transaction rolls back. */
const takeInVain = (): Promise<string> =>
  withTx(db, async (tx) => {
    await takeNumber(tx, SERIES, NOW);
    throw new Error('the rest of the transaction failed');
  });

test('a pattern names year and sequence once', () => {
  expect(['{year}-{seq:4}', SERIES.pattern].map(isPattern)).toEqual([true, true]);
  expect(['{year}', '{seq}{seq}{year}', '{year}{seq}{x}', '{seq', ''].map(isPattern)).toEqual(Array(5).fill(false));
  expect(writeNumber('{year}-{seq:4}', 2026, 7)).toBe('2026-0007');
});

test('writers side by side get numbers without gap or double, and a rollback gives its number back', async () => {
  const tries = Array.from({ length: 40 }, (_, i) => (i % 4 === 3 ? takeInVain() : take()));
  const outcomes = await Promise.allSettled(tries);
  const kept = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  expect(kept).toHaveLength(30);
  expect(new Set(kept)).toEqual(new Set(Array.from({ length: 30 }, (_, i) => `常机管节〔2026〕${i + 1}号`)));
});

test('the year is the one in Shanghai, and begins with one', async () => {
  expect(await take(NOW + 1_000)).toBe('常机管节〔2027〕1号');
  expect(await take()).toBe('常机管节〔2026〕31号');
});
