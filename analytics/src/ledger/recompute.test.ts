import { setTimeout as sleep } from 'node:timers/promises';
import { DAY, HOUR, MINUTE, parseInstant } from '@ganzhi/schemas';
import { withTx } from '@ganzhi/schemas/db';
import { fixtureRegistry, testDatabase } from '@ganzhi/schemas/testing';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type Delivered, deliver, ledgerOf, store } from '../../test/deliver.ts';
import { markAll } from './mark-all.ts';
import { recomputeDirty } from './recompute.ts';

const database = await testDatabase();
const owner = await database.open('ganzhi_owner');
const ingest = await database.open('ganzhi_ingest');
const db = await database.open('ganzhi_analytics');
const registry = await fixtureRegistry(owner, {
  meters: [{ code: 'M-1', points: { 'energy.import': 2, 'energy.export': 2 } }, { code: 'M-2' }],
});
const meterId = registry.meters.get('M-1') ?? 0;
const otherId = registry.meters.get('M-2') ?? 0;

/** Two transactions at once: TimescaleDB in WebAssembly has one session. On the plain flavour they always run. */
const onTwoConnections = test.skipIf(process.env.GANZHI_TEST_FLAVOUR === 'timescale');
afterAll(() => database.drop());
afterEach(async () => {
  await owner.query(
    `truncate metering.reading, metering.reading_revision, metering.dirty_span, ledger.hour, ledger.span, ledger.decision, ledger.day`,
  );
  await owner.query(`delete from registry.meter_ratio where valid_from > '-infinity'`);
});

const at = (clock: string, day = '2026-11-23'): number => parseInstant(`${day}T${clock}+08:00`) ?? Number.NaN;
const reading = (clock: string, counts: number, quality = 0): Delivered => ({
  ts: at(clock),
  counts: BigInt(counts),
  quality,
});
const NOW = at('20:00');
const settle = async (now = NOW) => {
  while ((await recomputeDirty(db, { now })).marks > 0);
};

/** The ledger of M-1 in lines, in Shanghai time. */
async function lines(): Promise<string[]> {
  const { rows } = await db.query<{ line: string }>(
    `select to_char(hour at time zone 'Asia/Shanghai', 'HH24:MI') || ' +' || counts || ' ' || covered_s || ' s' as line, hour as t
     from ledger.hour where meter_id = $1
     union all
     select to_char(from_ts at time zone 'Asia/Shanghai', 'HH24:MI') || '-' || to_char(to_ts at time zone 'Asia/Shanghai', 'HH24:MI')
       || ' ' || counts || ' ' || class, from_ts from ledger.span where meter_id = $1
     order by t, line`,
    [meterId],
  );
  return rows.map(({ line }) => line);
}

const days = async () => {
  const { rows } = await db.query(
    `select day, booked, undistributed, disputed, covered_s as "coveredS" from ledger.day where meter_id = $1 order by day`,
    [meterId],
  );
  return rows;
};

test('a late reading in the middle of a span splits it; late readings close it', async () => {
  await deliver(ingest, meterId, [reading('08:00', 100), reading('12:00', 500)]);
  await settle();
  expect(await lines()).toEqual(['08:00-12:00 400 undistributed']);
  expect(await days()).toEqual([{ day: '2026-11-23', booked: 0n, undistributed: 400n, disputed: 0n, coveredS: 0 }]);

  await deliver(ingest, meterId, [reading('10:00', 220)]);
  await settle();
  expect(await lines()).toEqual(['08:00-10:00 120 undistributed', '10:00-12:00 280 undistributed']);

  const quarters = Array.from({ length: 17 }, (_, i) => ({
    ts: at('08:00') + i * 15 * MINUTE,
    counts: 100n + BigInt(i) * 25n,
  }));
  await deliver(
    ingest,
    meterId,
    quarters.filter(({ ts }) => ts !== at('10:00')),
  );
  await settle();
  expect(await lines()).toEqual([
    '08:00 +100 3600 s',
    // the register of 10:00 came lower than its neighbour and is set aside: the step goes past it
    '09:00 +100 3150 s',
    '10:00 +100 3150 s',
    '11:00 +100 3600 s',
  ]);
});

test('two late readings far apart, in one round, share the step between them', async () => {
  await deliver(ingest, meterId, [reading('08:00', 0), reading('18:00', 100)]);
  await settle();
  await deliver(ingest, meterId, [reading('10:00', 30)]);
  await deliver(ingest, meterId, [reading('14:00', 60)]);
  expect(await recomputeDirty(db, { now: NOW })).toMatchObject({ marks: 2, meters: 1, spans: 3 });
  expect(await lines()).toEqual([
    '08:00-10:00 30 undistributed',
    '10:00-14:00 30 undistributed',
    '14:00-18:00 40 undistributed',
  ]);
});

test('hours at the edges keep what steps outside the window gave them', async () => {
  await deliver(ingest, meterId, [
    reading('08:00', 0),
    reading('08:15', 10),
    reading('08:30', 20),
    reading('08:45', 30),
  ]);
  await settle();
  await deliver(ingest, meterId, [reading('09:00', 40)]);
  await settle();
  expect(await lines()).toEqual(['08:00 +40 3600 s']);
});

test('rows that do not change keep their known_since', async () => {
  await deliver(ingest, meterId, [
    reading('08:00', 0),
    reading('08:30', 20),
    reading('09:00', 40),
    reading('09:30', 60),
  ]);
  await settle(NOW);
  await deliver(ingest, meterId, [reading('09:45', 70)]);
  await settle(NOW + HOUR);
  await markAll(db);
  await settle(NOW + DAY);
  const { rows } = await db.query('select hour, known_since as since from ledger.hour order by hour');
  expect(rows).toEqual([
    { hour: at('08:00'), since: NOW },
    { hour: at('09:00'), since: NOW + HOUR },
  ]);
  const day = await db.query('select known_since as since from ledger.day');
  expect(day.rows).toEqual([{ since: NOW + HOUR }]);
});

test('of several values the best quality counts, then the latest; a bad one never', async () => {
  await deliver(ingest, meterId, [reading('08:00', 0), reading('08:15', 7777, 2), reading('08:30', 20)]);
  await settle();
  expect(await lines()).toEqual(['08:00 +20 900 s']);
  await deliver(ingest, meterId, [reading('08:15', 15, 1)]);
  await deliver(ingest, meterId, [reading('08:30', 21), reading('08:15', 18, 1)]);
  await deliver(ingest, meterId, [reading('08:30', 99, 1)]);
  await settle();
  expect(await lines()).toEqual(['08:00 +21 1800 s']);
  await deliver(ingest, meterId, [reading('08:30', 25, 4)]);
  await settle();
  expect(await lines()).toEqual(['08:00 +21 1800 s']);
});

test('substituted and manual registers show in the source of the hour', async () => {
  await deliver(ingest, meterId, [
    reading('08:00', 0, 4),
    reading('08:30', 20),
    reading('09:00', 40),
    reading('09:30', 50, 3),
  ]);
  await settle();
  const { rows } = await db.query('select source from ledger.hour order by hour');
  expect(rows).toEqual([{ source: 'manual' }, { source: 'estimated' }]);
});

test('garbage that no register can show is not booked', async () => {
  await deliver(ingest, meterId, [
    reading('08:00', 0),
    { ts: at('08:15'), counts: 9_223_372_036_854_775_807n },
    { ts: at('08:20'), counts: -9_223_372_036_854_775_808n },
    reading('08:30', 20),
  ]);
  await settle();
  expect(await lines()).toEqual(['08:00 +20 900 s']);
});

test('only the counter of the medium is booked; marks of others are worked off', async () => {
  await deliver(ingest, meterId, [reading('08:00', 0), reading('08:15', 10)]);
  await ingest.query(
    `insert into metering.dirty_span (meter_id, point, from_ts, to_ts) select $1, p, now(), now() from unnest('{2,3,10}'::int2[]) p`,
    [meterId],
  );
  expect(await recomputeDirty(db, { now: NOW })).toMatchObject({ marks: 4, meters: 1, hours: 1 });
});

test('a span over midnight belongs to no day', async () => {
  await deliver(ingest, meterId, [
    { ts: at('23:30', '2026-11-22'), counts: 0n },
    { ts: at('23:45', '2026-11-22'), counts: 10n },
    reading('01:00', 60),
    reading('01:15', 70),
  ]);
  await settle();
  expect(await days()).toEqual([
    { day: '2026-11-22', booked: 10n, undistributed: 0n, disputed: 0n, coveredS: 900 },
    { day: '2026-11-23', booked: 10n, undistributed: 0n, disputed: 0n, coveredS: 900 },
  ]);
});

test('a span that ends at midnight belongs to its day, and a day can lose its row', async () => {
  await deliver(ingest, meterId, [{ ts: at('20:00', '2026-11-22'), counts: 0n }, reading('00:00', 60)]);
  await settle();
  expect(await days()).toMatchObject([{ day: '2026-11-22', undistributed: 60n }]);
  // readings are never deleted in service; here it is the shortest way to a day of which nothing is known any more
  await owner.query('delete from metering.reading where ts = $1', [new Date(at('00:00')).toISOString()]);
  await deliver(ingest, meterId, [reading('00:10', 60)]);
  await settle();
  expect(await days()).toEqual([]);
});

test('TV-10 and a corrected ratio: a recomputation, not a loss', async () => {
  await deliver(ingest, meterId, [reading('08:00', 120_006), reading('08:15', 123_456)]);
  await settle();
  expect(await days()).toMatchObject([{ booked: 3450n }]);
  await owner.query(`update registry.meter_ratio set ct = 40 where meter_id = $1`, [meterId]);
  expect(await markAll(db, [meterId])).toBe(1);
  await settle();
  expect(await days()).toMatchObject([{ booked: 138_000n }]);
  await owner.query(`update registry.meter_ratio set ct = 1 where meter_id = $1`, [meterId]);
});

test('recent time first: a round too small for the backlog works for today', async () => {
  for (const hour of ['05', '06', '07', '08']) {
    await deliver(ingest, meterId, [reading(`${hour}:00`, Number(hour) * 10)]);
  }
  await deliver(ingest, otherId, [reading('09:00', 5), reading('09:15', 9)]);
  await recomputeDirty(db, { now: NOW, maxMarks: 1 });
  const { rows } = await db.query('select distinct meter_id as id from ledger.hour');
  expect(rows).toEqual([{ id: otherId }]);
});

onTwoConnections('a mark that commits while a round runs is not lost', async () => {
  await deliver(ingest, meterId, [reading('08:00', 0), reading('08:15', 10)]);
  // the round takes its mark and then waits for this lock, half way through
  const blocker = await owner.connect();
  await blocker.query('begin; lock table ledger.span in access exclusive mode');
  const round = recomputeDirty(db, { now: NOW });
  await untilBlocked();
  await deliver(ingest, meterId, [reading('08:30', 25)]);
  await blocker.query('commit');
  blocker.release();
  await round;
  await settle();
  expect(await lines()).toEqual(['08:00 +25 1800 s']);
});

onTwoConnections('a reading that commits after a round looked has its mark still', async () => {
  await deliver(ingest, meterId, [reading('08:00', 0), reading('08:15', 10)]);
  await withTx(ingest, async (tx) => {
    await store(tx, meterId, [reading('08:30', 25)]);
    await settle();
    expect(await lines()).toEqual(['08:00 +10 900 s']);
  });
  await settle();
  expect(await lines()).toEqual(['08:00 +25 1800 s']);
});

test('two services at once do not write over each other', async () => {
  for (let i = 0; i < 20; i += 1) {
    await deliver(ingest, meterId, [{ ts: at('08:00') + i * 15 * MINUTE, counts: BigInt(i * 10) }]);
  }
  await Promise.all(Array.from({ length: 8 }, () => recomputeDirty(db, { now: NOW, maxMarks: 3 })));
  await settle();
  const incremental = await ledgerOf(db, meterId);
  await owner.query('truncate ledger.hour, ledger.span, ledger.decision, ledger.day');
  await markAll(db);
  await settle();
  expect(await ledgerOf(db, meterId)).toEqual(incremental);
});

test('a round that fails leaves marks and ledger as they were', async () => {
  await deliver(ingest, meterId, [reading('08:00', 0), reading('08:15', 10)]);
  await owner.query('alter table ledger.day add constraint refuse check (booked < 5)');
  await expect(recomputeDirty(db, { now: NOW })).rejects.toMatchObject({ code: '23514' });
  expect(await lines()).toEqual([]);
  await owner.query('alter table ledger.day drop constraint refuse');
  expect(await recomputeDirty(db, { now: NOW })).toMatchObject({ marks: 1, hours: 1 });
});

/** Waits until a statement of the round is held up by our lock. */
async function untilBlocked(): Promise<void> {
  for (;;) {
    const { rows } = await owner.query(
      `select from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())`,
    );
    if (rows.length > 0) return;
    await sleep(5);
  }
}
