import { DAY, MINUTE } from '@ganzhi/schemas';
import { fixtureRegistry, testDatabase } from '@ganzhi/schemas/testing';
import { afterEach, expect, test } from 'vitest';
import { deliver } from '../../test/deliver.ts';
import { recomputeDirty } from '../ledger/recompute.ts';
import { checkConservation } from './conservation.ts';

const START = Date.UTC(2026, 10, 22, 15);

let cleanUp: () => Promise<void> = async () => undefined;
afterEach(() => cleanUp());

/** A meter with a rollover, a gap over midnight, a fall, a bad value, a revision and a change of ratio; one plain meter. */
async function scene() {
  const database = await testDatabase();
  cleanUp = database.drop;
  const owner = await database.open('ganzhi_owner');
  const ingest = await database.open('ganzhi_ingest');
  const db = await database.open('ganzhi_analytics');
  const { meters } = await fixtureRegistry(owner, {
    meters: [{ code: 'M-1', ct: 40, modulus: 100_000n }, { code: 'M-2' }, { code: 'M-3' }],
  });
  const idOf = (code: string) => meters.get(code) ?? 0;
  await owner.query('insert into registry.meter_ratio (meter_id, valid_from, ct) values ($1, $2, 60)', [
    idOf('M-1'),
    new Date(START + 100 * MINUTE).toISOString(),
  ]);
  await deliver(
    ingest,
    idOf('M-1'),
    Array.from({ length: 60 }, (_, i) => ({
      ts: START + i * 14 * MINUTE,
      counts: (99_700n + BigInt(i * 7)) % 100_000n,
    })),
  );
  await deliver(ingest, idOf('M-1'), [
    ...Array.from({ length: 4 }, (_, i) => ({
      ts: START + DAY - (3 - i) * 10 * MINUTE,
      counts: 4_970n + BigInt(i * 10),
    })),
    { ts: START + DAY + 5 * MINUTE, counts: 900_000n },
    { ts: START + DAY + 10 * MINUTE, counts: 4_000n },
    { ts: START + DAY + 15 * MINUTE, counts: 1n, quality: 2 },
    { ts: START + DAY + 20 * MINUTE, counts: 4_010n },
    { ts: START + 2 * DAY, counts: 4_500n },
  ]);
  await deliver(ingest, idOf('M-1'), [{ ts: START + DAY + 20 * MINUTE, counts: 4_020n }]);
  await deliver(ingest, idOf('M-2'), [
    { ts: START, counts: 10n },
    { ts: START + 15 * MINUTE, counts: 30n },
  ]);
  while ((await recomputeDirty(db, { now: START })).marks > 0);
  return { owner, ingest, db, idOf };
}

test('an untouched ledger conserves; a meter without readings too', async () => {
  const { db } = await scene();
  const { rows } = await db.query(`select distinct class, evidence ->> 'kind' as kind from ledger.span order by 1, 2`);
  expect(rows).toEqual([
    { class: 'disputed', kind: 'replacement' },
    { class: 'undistributed', kind: 'gap' },
    { class: 'undistributed', kind: 'ratio-change' },
  ]);
  expect(await checkConservation(db)).toEqual({ meters: 3, pendingMarks: 0, differences: [] });
  expect(await checkConservation(db, { meterCodes: ['M-2'] })).toMatchObject({ meters: 1, differences: [] });
});

const LAST_HOUR = 'meter_id = $1 and hour = (select max(hour) from ledger.hour where meter_id = $1)';
const FIRST_HOUR = LAST_HOUR.replace('max', 'min');

test.each([
  ['an hour', `update ledger.hour set counts = counts + 1 where ${LAST_HOUR}`, 'hour'],
  ['a removed hour', `delete from ledger.hour where ${LAST_HOUR}`, 'hour'],
  ['an invented hour', `insert into ledger.hour values ($1, 1, '2026-11-01', 0, 40, 0, 'measured')`, 'hour'],
  [
    'energy moved from hour to hour',
    `update ledger.hour set counts = counts + case when ${LAST_HOUR} then 1 else -1 end where (${LAST_HOUR}) or (${FIRST_HOUR})`,
    'hour',
  ],
  ['a ratio', `update ledger.hour set ratio = ratio + 1 where ${LAST_HOUR}`, 'day'],
  ['a span', 'update ledger.span set counts = counts - 1 where meter_id = $1', 'span'],
  ['a removed span', `delete from ledger.span where meter_id = $1 and class = 'disputed'`, 'span'],
  ['a day', 'update ledger.day set booked = booked + 1 where meter_id = $1', 'day'],
  ['a removed day', 'delete from ledger.day where meter_id = $1', 'day'],
  ['an invented day', `insert into ledger.day values ($1, 1, '2020-01-01', 0, 0, 0, 0)`, 'day'],
  ['a class', 'update ledger.day set booked = booked + 1, disputed = disputed - 1 where meter_id = $1', 'day'],
  [
    'a register',
    `update metering.reading set value = value + 60 where meter_id = $1 and ts = '${new Date(START + 140 * MINUTE).toISOString()}'`,
    'hour',
  ],
])('%s that somebody changed is found', async (_name, mutation, kind) => {
  const { owner, db, idOf } = await scene();
  const { rowCount } = await owner.query(mutation, [idOf('M-1')]);
  expect(rowCount).toBeGreaterThan(0);
  const { differences } = await checkConservation(db);
  expect(differences.map((difference) => difference.kind)).toContain(kind);
  expect(new Set(differences.map(({ meterCode }) => meterCode))).toEqual(new Set(['M-1']));
});

test('marks that wait are told, since differences may be work in progress', async () => {
  const { ingest, db, idOf } = await scene();
  await deliver(ingest, idOf('M-3'), [
    { ts: START, counts: 0n },
    { ts: START + MINUTE, counts: 8n },
  ]);
  expect(await checkConservation(db, { meterCodes: ['M-3'] })).toEqual({
    meters: 1,
    pendingMarks: 1,
    differences: [
      { meterCode: 'M-3', point: 'energy.import', kind: 'movement', at: null, expected: 8n, found: 0n },
      {
        meterCode: 'M-3',
        point: 'energy.import',
        kind: 'hour',
        at: '2026-11-22T23:00:00.000+08:00',
        expected: 8n,
        found: null,
      },
    ],
  });
});
