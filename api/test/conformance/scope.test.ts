import { testDatabase } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { PERMISSIONS } from '../../src/auth/permissions.ts';
import { fillWorld } from './world.ts';

/** The form in which the database keeps the scope: policies on tables, claims for the api, nothing without a claim. */
const database = await testDatabase();
const owner = await database.open('ganzhi_owner');
const api = await database.open('ganzhi_api');
afterAll(() => database.drop());

/** Tables that name an institution, a meter or a gateway and yet carry no policy, and why that is so. */
const WITHOUT: Readonly<Record<string, string>> = {
  'registry.point': 'says nothing of a meter that is not seen; read joined with registry.meter only',
  'registry.meter_ratio': 'as registry.point',
  'registry.meter_fact': 'as registry.point',
  'registry.meter_replacement': 'as registry.point',
  'registry.dialect_tag': 'as registry.point',
  'platform.assignment': 'who may see what: read by roles.manage, which sees all of it',
};
/** TimescaleDB refuses columnstore on tables with row security: series and their state are read through the registry. */
const SERIES = ['metering', 'ledger'];

test('every table that names an institution, meter or gateway is under the scope, or says why not', async () => {
  const { rows } = await owner.query<{ name: string; space: string; guarded: boolean }>(
    `select distinct c.oid::regclass::text as name, n.nspname as space, c.relrowsecurity as guarded
     from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
     where c.relkind in ('r', 'p') and not c.relispartition and not a.attisdropped
       and a.attname in ('institution_id', 'meter_id', 'gateway_id', 'gateway_code')
       and has_table_privilege('ganzhi_api', c.oid, 'select')`,
  );
  const open = rows.filter(({ name, space, guarded }) => !guarded && !SERIES.includes(space) && !(name in WITHOUT));
  // Remedy: "select platform.keep_scope('<table>')" in the migration that makes it.
  expect(open.map((row) => row.name)).toEqual([]);
  expect(rows.filter((row) => row.guarded).length).toBeGreaterThanOrEqual(4);
});

test('without a claim the api sees nothing, whatever it asks; with a broken one neither', async () => {
  await fillWorld(owner);
  const tx = await api.connect();
  try {
    for (const claims of ['', 'none', '{}', '{"u":1,"p":"data.read","t":"2026-01-01T00:00:00Z"}']) {
      await tx.query('begin');
      await tx.query(`set local ganzhi.claims = '${claims}'`);
      // Services read the views without any claim; the api's connections always have one (openDatabase).
      const views = claims === '' ? [] : ['ledger.meter_hour', 'ledger.institution_day'];
      for (const table of ['registry.institution', 'registry.meter', 'registry.gateway', ...views]) {
        const { rows } = await tx.query<{ n: bigint }>(`select count(*) as n from ${table}`);
        expect([claims, table, Number(rows[0]?.n)]).toEqual([claims, table, 0]);
      }
      await tx.query('commit');
    }
    const { rows } = await tx.query<{ n: bigint }>('select count(*) as n from registry.institution');
    expect(Number(rows[0]?.n)).toBe(2);
  } finally {
    tx.release();
  }
});

test('the roles of the database hold the permissions that routes may ask for, and no others', async () => {
  const { rows } = await owner.query<{ permission: string }>(
    'select distinct permission from platform.role_permission',
  );
  expect(rows.map((row) => row.permission).sort()).toEqual([...PERMISSIONS].sort());
});
