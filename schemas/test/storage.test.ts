import { afterAll, describe, expect, test } from 'vitest';
import { maintainStorage, migrateWith, type Queryable, storageByAge, storageChunks } from '../src/db/index.ts';
import { testDatabase } from '../src/testing/index.ts';
import { openTimescale } from '../src/testing/timescale.ts';
import { DAY } from '../src/time.ts';

const NOW = Date.UTC(2026, 5, 15, 12);
const utc = (month: number, day = 1): number => Date.UTC(2026, month, day);

const plain = await testDatabase();
const pool = await plain.open('ganzhi_owner');
const connection = await pool.connect();
const timescale = await openTimescale();
afterAll(async () => {
  connection.release();
  await plain.drop();
  await timescale.close();
});
await migrateWith(timescale.client);

const COUNTS = `
  select point, count(*)::int as n, sum(value)::float8 as sum from metering.reading group by point order by point`;
const rowsOf = async (client: Queryable, sql: string): Promise<Record<string, unknown>[]> =>
  (await client.query(sql)).rows;

/** Chunks of readings that ought to be compressed and are not. */
const loose = async (client: Queryable): Promise<number[]> =>
  (await storageChunks(client)).flatMap(({ series, fromTs, toTs, compressed }) =>
    series === 'metering.reading' && compressed === false && toTs <= NOW - 14 * DAY ? [fromTs] : [],
  );

/** Five months of two meters, hourly: the booked counter (1), another counter (2), power (10). */
async function fill(client: Queryable): Promise<void> {
  for (let month = 0; month < 6; month += 1) {
    await client.query("select metering.ensure_partition('metering.reading'::regclass, $1)", [
      new Date(utc(month)).toISOString(),
    ]);
  }
  await client.query(`
    insert into metering.reading (meter_id, point, quality, ts, value, batch_id)
    select m, p, 0, t, extract(epoch from t)::int8 / 3600 + m, 1
    from generate_series('2026-01-01Z'::timestamptz, '2026-05-31 23:00Z', '1 hour') t, generate_series(1, 2) m,
      unnest('{1,2,10}'::int2[]) p`);
  await client.query(`
    insert into metering.reading_revision (meter_id, point, ts, value, quality, batch_id)
    values (1, 1, '2026-01-05Z', 7, 0, 2), (1, 10, '2026-01-05Z', 7, 0, 2), (1, 10, '2026-05-05Z', 7, 0, 2)`);
}

const FLAVOURS: readonly { name: string; client: Queryable }[] = [
  { name: 'plain', client: connection },
  { name: 'timescale', client: timescale.client },
];

describe.each(FLAVOURS)('storage, $name', ({ name, client }) => {
  const kept = async (): Promise<Record<string, unknown>[]> =>
    (await rowsOf(client, COUNTS)).filter(({ point }) => point === 1);

  test('without a policy nothing is removed, and the next months exist before their first reading', async () => {
    await fill(client);
    await client.query("update metering.storage_policy set compress_after = interval '10 years'");
    const before = await rowsOf(client, COUNTS);
    expect(await maintainStorage(client, NOW)).toEqual({
      ahead: [utc(5), utc(6), utc(7)],
      compressed: [],
      thinned: [],
      postponed: [],
    });
    expect(await rowsOf(client, COUNTS)).toEqual(before);
    if (name === 'plain') {
      const chunks = await storageChunks(client);
      expect(chunks.filter(({ toTs }) => toTs > NOW).map(({ series, fromTs }) => [series, fromTs])).toEqual(
        ['ledger.hour', 'metering.reading'].flatMap((series) => [5, 6, 7].map((month) => [series, utc(month)])),
      );
    }
  });

  test('old chunks are compressed (TimescaleDB), and readings cost a fraction', async () => {
    if (name === 'plain') return;
    const [raw] = storageByAge(await storageChunks(client, true), NOW).filter(({ fromDays }) => fromDays === 92);
    await client.query("update metering.storage_policy set compress_after = interval '14 days'");
    expect((await maintainStorage(client, NOW)).compressed).not.toEqual([]);
    expect(await loose(client)).toEqual([]);
    const [packed] = storageByAge(await storageChunks(client, true), NOW).filter(({ fromDays }) => fromDays === 92);
    expect(packed?.rows).toBe(raw?.rows);
    expect(packed?.bytes).toBeLessThan(raw?.bytes ?? 0);
  });

  test('late readings reach old months: new ones are stored, repeated ones change nothing', async () => {
    const late = `insert into metering.reading (meter_id, point, quality, ts, value, batch_id) values
      (1, 1, 0, '2026-01-05 00:30Z', 5, 3), (1, 1, 0, '2026-01-05 00:00Z', 99, 3) on conflict do nothing`;
    expect((await client.query(late)).rowCount).toBe(1);
    expect((await client.query(late)).rowCount).toBe(0);
    const untidy = await loose(client);
    expect(untidy).toHaveLength(name === 'plain' ? 0 : 1);
    expect((await maintainStorage(client, NOW)).compressed).toEqual(untidy);
    expect(await loose(client)).toEqual([]);
    expect(await rowsOf(client, 'select count(*)::int as n from metering.reading where value = 99')).toEqual([
      { n: 0 },
    ]);
  });

  test('the policy removes unbooked readings of whole old spans once; booked counters stay to the last reading', async () => {
    const booked = await kept();
    await client.query("update metering.storage_policy set unbooked_kept = interval '60 days'");
    const { thinned, postponed } = await maintainStorage(client, NOW);
    expect(postponed).toEqual([]);
    const end = Math.max(...thinned.map(({ toTs }) => toTs));
    expect(end).toBeLessThanOrEqual(NOW - 60 * DAY);
    expect(NOW - 60 * DAY - end).toBeLessThan(31 * DAY);
    expect(await kept()).toEqual(booked);
    const [others] = await rowsOf(
      client,
      `select count(*) filter (where ts < to_timestamp(${end / 1_000}))::int as old, count(*)::int as n
       from metering.reading where point in (2, 10)`,
    );
    const removed = thinned.reduce((total, span) => total + span.removed, 0);
    expect(others).toEqual({ old: 0, n: 2 * 2 * 151 * 24 - removed });
    expect(
      await rowsOf(client, 'select point, ts::date::text as day from metering.reading_revision order by 2, 1'),
    ).toEqual([
      { point: 1, day: '2026-01-05' },
      { point: 10, day: '2026-05-05' },
    ]);
    expect((await maintainStorage(client, NOW)).thinned).toEqual([]);
  });

  test('a policy cannot reach into the last 35 days', async () => {
    await expect(client.query("update metering.storage_policy set unbooked_kept = interval '10 days'")).rejects.toThrow(
      'check',
    );
  });

  test('growth is told by age', async () => {
    const ages = storageByAge(await storageChunks(client, true), NOW).filter(
      ({ series }) => series === 'metering.reading',
    );
    expect(ages.map(({ fromDays }) => fromDays)).toEqual(expect.arrayContaining([7, 30, 92]));
    const [{ n }] = (await rowsOf(client, 'select count(*)::int as n from metering.reading')) as [{ n: number }];
    expect(ages.reduce((total, { rows }) => total + rows, 0)).toBe(n);
    for (const age of ages.filter(({ rows }) => rows > 0)) expect(age.bytesPerMillionRows).toBeGreaterThan(0);
  });
});

test('a month that is in use is postponed, and taken at the next run', async () => {
  const other = await pool.connect();
  await connection.query('delete from metering.thinned where from_ts = $1', [new Date(utc(0)).toISOString()]);
  await other.query('begin');
  await other.query('lock table metering.reading_202601 in row exclusive mode');
  expect(await maintainStorage(connection, NOW, { lockTimeoutMs: 50 })).toMatchObject({
    thinned: [],
    postponed: [utc(0)],
  });
  await other.query('commit');
  other.release();
  expect(await maintainStorage(connection, NOW)).toMatchObject({
    thinned: [{ fromTs: utc(0), removed: 0 }],
    postponed: [],
  });
});

test('a month is made while the series is being read and written', async () => {
  const [reader, writer] = [await pool.connect(), await pool.connect()];
  await reader.query('begin');
  await reader.query('select count(*) from metering.reading');
  await writer.query("begin; insert into metering.reading values (9, 1, 0, '2026-05-31 12:34Z', 1, 1)");
  await connection.query(
    "set lock_timeout = 2000; select metering.ensure_partition('metering.reading'::regclass, '2027-03-05Z'); reset lock_timeout",
  );
  await connection.query("insert into metering.reading values (9, 1, 0, '2027-03-31 23:59Z', 1, 1)");
  for (const client of [reader, writer]) {
    await client.query('rollback');
    client.release();
  }
  await expect(connection.query("insert into metering.reading values (9, 1, 0, '2027-04-01Z', 1, 1)")).rejects.toThrow(
    'no partition',
  );
});
