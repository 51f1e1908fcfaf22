import { afterAll, expect, test } from 'vitest';
import { migrateWith } from '../src/db/migrate.ts';
import { openTimescale } from '../src/testing/timescale.ts';

const timescale = await openTimescale();
afterAll(() => timescale.close());

test('the timescale flavour is found and migrates to hypertables under the same names', {
  timeout: 120_000,
}, async () => {
  const { flavour, applied } = await migrateWith(timescale.client);
  expect(flavour).toBe('timescale');
  expect(applied).toContain('0004_reading.timescale');
  expect(applied.some((name) => name.endsWith('.plain'))).toBe(false);

  const { rows } = await timescale.client.query<{ name: string }>(
    `select hypertable_schema || '.' || hypertable_name as name from timescaledb_information.hypertables order by 1`,
  );
  expect(rows.map((row) => row.name)).toEqual(['ledger.hour', 'metering.reading']);
});

test('a partition need not be asked for: the function is there and does nothing', async () => {
  await timescale.client.query("select metering.ensure_partition('metering.reading'::regclass, now())");
  await timescale.client.query("insert into metering.reading values (1, 1, 0, '2026-11-23T00:00:00Z', 5, 1)");
  const { rows } = await timescale.client.query<{ n: number }>('select count(*)::int as n from metering.reading');
  expect(rows).toEqual([{ n: 1 }]);
});
