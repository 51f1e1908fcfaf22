import { DAY, MINUTE, parseInstant } from '@ganzhi/schemas';
import { fixtureRegistry, testDatabase } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { deliver } from '../../test/deliver.ts';
import { recomputeDirty } from '../ledger/recompute.ts';
import { nextProof, proveEverything } from './nightly.ts';

const database = await testDatabase();
const owner = await database.open('ganzhi_owner');
const ingest = await database.open('ganzhi_ingest');
const db = await database.open('ganzhi_analytics');
afterAll(() => database.drop());

const at = (text: string): number => parseInstant(`${text}+08:00`) ?? Number.NaN;

test('the proof begins at two in the morning', () => {
  expect(nextProof(at('2026-11-23T01:00:00'))).toBe(at('2026-11-23T02:00:00'));
  expect(nextProof(at('2026-11-23T02:00:00'))).toBe(at('2026-11-24T02:00:00'));
});

test('one count of difference anywhere is found and kept', async () => {
  const { meters } = await fixtureRegistry(owner, {
    meters: Array.from({ length: 501 }, (_, i) => ({ code: `M-${i}`, points: { 'energy.import': 2 } })),
  });
  const last = meters.get('M-500') ?? 0;
  const start = at('2026-11-22T10:00:00');
  const quarters = Array.from({ length: 8 }, (_, i) => ({ ts: start + i * 15 * MINUTE, counts: BigInt(i * 10) }));
  await deliver(ingest, last, quarters);
  await recomputeDirty(db, { now: start });
  const now = start + DAY;
  expect(await proveEverything(db, () => now)).toEqual({ meters: 501, pendingMarks: 0, differences: [] });
  await owner.query('update ledger.hour set counts = counts + 1 where hour = $1', [new Date(start)]);
  await proveEverything(db, () => now);
  const { rows } = await owner.query(
    `select meters, differences > 0 as differs, examples -> 0 ->> 'meterCode' as meter from ledger.conservation_run order by id`,
  );
  expect(rows).toEqual([
    { meters: 501, differs: false, meter: null },
    { meters: 501, differs: true, meter: 'M-500' },
  ]);
});
