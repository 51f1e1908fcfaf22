import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { isDue, type Maintenance, startNightly } from '../src/db/index.ts';
import { testDatabase } from '../src/testing/index.ts';
import { DAY, HOUR, MINUTE } from '../src/time.ts';

const at = (text: string): number => Date.parse(`2026-11-${text}+08:00`);

test('due once a night, at once when never run, and after a night slept through', () => {
  expect(isDue(at('23T15:00'), undefined)).toBe(true);
  expect(isDue(at('23T15:00'), at('23T02:30'))).toBe(false);
  expect(isDue(at('24T02:29'), at('23T02:30'))).toBe(false);
  expect(isDue(at('24T02:30'), at('23T02:30'))).toBe(true);
  expect(isDue(at('24T02:35'), at('24T02:31'))).toBe(false);
  // started in the afternoon: the next round is tonight's
  expect(isDue(at('24T02:30'), at('23T15:00'))).toBe(true);
  // switched off from the evening to the next noon
  expect(isDue(at('24T01:00'), at('22T20:00'))).toBe(true);
});

test('one round a night, whatever restarts and whoever else looks; failures are told and tried again', async () => {
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  const owner = await database.open('ganzhi_owner');
  let now = at('23T15:00');
  let away = false;
  const rounds: Maintenance[] = [];
  const errors: string[] = [];
  const start = () => {
    const nightly = startNightly({
      connect: async () => {
        if (away) throw new Error('away');
        const client = new pg.Client({ connectionString: database.url });
        await client.connect();
        return client;
      },
      onRound: (done) => rounds.push(done),
      onError: (error) => errors.push(error.message),
      clock: () => now,
      lookMs: 10,
    });
    onTestFinished(() => nightly.stop());
    return nightly;
  };
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise((done) => setTimeout(done, 5));
  };
  const first = start();
  await until(() => rounds.length === 1);
  expect(rounds[0]?.ahead).toHaveLength(3);
  now += 8 * HOUR;
  await first.stop();
  start();
  start();
  away = true;
  now = at('24T02:30');
  await until(() => errors.length > 2);
  away = false;
  await until(() => rounds.length === 2);
  now += 5 * MINUTE;
  const { rows } = await owner.query<{ n: number; bytes: boolean }>(
    'select count(*)::int as n, bool_and(database_bytes > 1000000) as bytes from metering.storage_round',
  );
  expect(rows).toEqual([{ n: 2, bytes: true }]);
  expect(new Set(errors)).toEqual(new Set(['away']));
  now += DAY;
  await until(() => rounds.length === 3);
});
