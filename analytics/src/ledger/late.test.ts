import { DAY, HOUR, MINUTE, parseInstant } from '@ganzhi/schemas';
import { fixtureRegistry, testDatabase } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { deliver } from '../../test/deliver.ts';
import { checkConservation } from '../check/conservation.ts';
import { estimateSpans } from '../vee/estimate.ts';
import { recomputeDirty } from './recompute.ts';

/** What comes late: back-fills beside today's readings, facts entered after the event, estimates that data replace. */
const database = await testDatabase();
const owner = await database.open('ganzhi_owner');
const ingest = await database.open('ganzhi_ingest');
const db = await database.open('ganzhi_analytics');
afterAll(() => database.drop());

const METERS = 200;
const codes = Array.from({ length: METERS + 2 }, (_, i) => ({
  code: `M-${i}`,
  ct: 30,
  points: { 'energy.import': 2 },
}));
const { meters } = await fixtureRegistry(owner, { meters: codes });
const [live = 0, replaced = 0, ...late] = [...meters.values()];
const at = (text: string): number => parseInstant(`${text}+08:00`) ?? Number.NaN;
const NOW = at('2026-11-23T12:00:00');
const settle = async (now = NOW) => {
  while ((await recomputeDirty(db, { now })).marks > 0);
};

test('a month for 200 meters never blocks today: the first round works for the live meter', async () => {
  const [from, to] = [at('2026-10-20T00:00:00'), at('2026-11-19T00:00:00')];
  for (const month of [from, to, NOW]) {
    await owner.query(`select metering.ensure_partition('metering.reading'::regclass, $1)`, [new Date(month)]);
  }
  // hourly: the marks, one for each meter and hour, are what fills a round
  await owner.query(
    `insert into metering.reading (meter_id, point, quality, ts, value, batch_id)
     select m, 1, 0, t, extract(epoch from t - $2)::int8 / 360, 1
     from unnest($1::int4[]) m, generate_series($2::timestamptz, $3::timestamptz, interval '1 hour') t`,
    [late, new Date(from), new Date(to)],
  );
  await owner.query(
    `insert into metering.dirty_span (meter_id, point, from_ts, to_ts)
     select m, 1, t, t from unnest($1::int4[]) m, generate_series($2::timestamptz, $3::timestamptz, interval '1 hour') t`,
    [late, new Date(from), new Date(to)],
  );
  await deliver(ingest, live, [
    { ts: NOW - 30 * MINUTE, counts: 0n },
    { ts: NOW - 15 * MINUTE, counts: 10n },
  ]);
  const round = await recomputeDirty(db, { now: NOW });
  const { rows } = await db.query('select meter_id as id from ledger.hour where hour >= $1', [new Date(NOW - HOUR)]);
  expect(rows).toEqual([{ id: live }]);
  // and it is bounded: the month waits for further rounds
  expect(round.marks).toBe(5_000);
  const waiting = await db.query<{ n: bigint }>('select count(*) as n from metering.dirty_span');
  expect(Number(waiting.rows[0]?.n)).toBeGreaterThan(100_000);
  await owner.query('truncate metering.dirty_span, metering.reading, ledger.hour, ledger.span, ledger.day');
});

test('TV-11 after the event: a replacement entered later recomputes what depends on it, and the version before is kept', async () => {
  const start = at('2026-11-20T08:00:00');
  const registers = [5_420_050, 5_424_000, 5_428_000, 5_432_000, 200, 700, 1_200, 1_525];
  await deliver(
    ingest,
    replaced,
    registers.map((counts, i) => ({ ts: start + i * 15 * MINUTE, counts: BigInt(counts) })),
  );
  await settle(NOW - 3 * HOUR);
  const day = async () =>
    (await db.query(`select booked, undistributed, disputed from ledger.day where meter_id = $1`, [replaced])).rows;
  const fall = (200n - 5_432_000n) * 30n;
  expect(await day()).toMatchObject([{ disputed: fall }]);

  const moment = new Date(start + 50 * MINUTE);
  await owner.query('insert into registry.meter_replacement values ($1, 1, $2, 5432100, 0)', [replaced, moment]);
  await owner.query('insert into registry.meter_ratio (meter_id, valid_from, ct) values ($1, $2, 60)', [
    replaced,
    moment,
  ]);
  await owner.query(
    `insert into metering.dirty_span (meter_id, point, from_ts, to_ts, cause) values ($1, 1, $2, $3, 'replacement')`,
    [replaced, moment, new Date(NOW)],
  );
  await settle();
  const [after] = await day();
  expect(after).toMatchObject({ disputed: 0n });
  expect(Number(after?.booked) + Number(after?.undistributed)).toBe(361_500 + 91_500);
  const known = await db.query(
    `select disputed, cause from ledger.superseded_day where meter_id = $1 and known_until = $2`,
    [replaced, new Date(NOW)],
  );
  expect(known.rows).toEqual([{ disputed: fall, cause: 'replacement' }]);
  const then = await db.query('select disputed from ledger.day_as_known($1) where meter_id = $2', [
    new Date(NOW - HOUR),
    replaced,
  ]);
  expect(then.rows).toEqual([{ disputed: fall }]);
  const others = await db.query('select from ledger.superseded_day where meter_id <> $1', [replaced]);
  expect(others.rowCount).toBe(0);
  expect((await checkConservation(db, { meterCodes: ['M-1'] })).differences).toEqual([]);
});

test('an estimate gives a gap its shape, conserves it, and goes when the readings come', async () => {
  const [meter = 0] = late;
  const start = at('2026-11-10T00:00:00');
  const rising = Array.from({ length: 3 * 96 }, (_, i) => ({ ts: start + i * 15 * MINUTE, counts: BigInt(i * 8) }));
  const gap = rising.filter((_, i) => i < 120 || i > 160);
  await deliver(ingest, meter, gap);
  await settle();
  const estimates = async () =>
    (
      await db.query<{ method: string; counts: string }>(
        `select method, sum(counts)::text as counts from ledger.estimate where meter_id = $1 group by method`,
        [meter],
      )
    ).rows;
  expect(await estimateSpans(db, { now: NOW })).toBeGreaterThan(0);
  expect(await estimateSpans(db, { now: NOW })).toBe(0);
  expect(await estimates()).toEqual([{ method: 'like-day', counts: String(8 * 42) }]);
  await deliver(ingest, meter, rising.slice(120, 161));
  await settle(NOW + DAY);
  expect(await estimates()).toEqual([]);
});

test('a threshold entered later judges again from its day on, and the version before is kept', async () => {
  const [, meter = 0] = late;
  await owner.query('update registry.point set max_per_hour = 100 where meter_id = $1 and point = 1', [meter]);
  const start = at('2026-11-12T08:00:00');
  // 60 counts in a quarter are 2.4 times the maximum of 100 an hour
  const registers = [0, 10, 20, 80, 90, 100];
  await deliver(
    ingest,
    meter,
    registers.map((counts, i) => ({ ts: start + i * 15 * MINUTE, counts: BigInt(counts) })),
  );
  await settle(NOW - DAY);
  const disputed = async () =>
    (await db.query<{ disputed: bigint }>('select disputed from ledger.day where meter_id = $1', [meter])).rows;
  expect(await disputed()).toEqual([{ disputed: 60n * 30n }]);
  await owner.query(
    `insert into ledger.vee_threshold (rule, parameter, medium, value, valid_from, reason, recorded_by, recorded_at)
     values ('V2', 'timesMaximum', 'electricity', 2.5, '2026-11-12', 'test', 'test', $1)`,
    [new Date(NOW)],
  );
  await owner.query(
    `insert into metering.dirty_span (meter_id, point, from_ts, to_ts, cause) values ($1, 1, $2, $3, 'rule')`,
    [meter, new Date(at('2026-11-12T00:00:00')), new Date(NOW)],
  );
  await settle();
  expect(await disputed()).toEqual([{ disputed: 0n }]);
  const known = await db.query('select cause from ledger.superseded_span where meter_id = $1', [meter]);
  expect(known.rows).toEqual([{ cause: 'rule' }]);
  expect((await checkConservation(db, { meterCodes: ['M-3'] })).differences).toEqual([]);
});
