import { randomBytes } from 'node:crypto';
import { testDatabase } from '@ganzhi/schemas/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fillCity, TIANNING, WUJIN } from './city-fixture.ts';

/** What outside log-ins can see through the views, and that they cannot see more. Each test log-in is its own role. */
const database = await testDatabase();
const admin = new pg.Client(database.url);
const logins: string[] = [];
const sessions: pg.Client[] = [];

beforeAll(async () => {
  await admin.connect();
  await fillCity(await database.open('ganzhi_owner'));
});
afterAll(async () => {
  for (const session of sessions) await session.end();
  for (const login of logins) await admin.query(`drop role ${login}`);
  await admin.end();
  await database.drop();
});

/** @param division its scope: a district, null for the whole city, undefined for no row at all */
async function readerOf(division: string | null | undefined): Promise<pg.Client> {
  const login = `test_reader_${randomBytes(6).toString('hex')}`;
  await admin.query(`create role ${login} login password '${login}' in role ganzhi_reader`);
  logins.push(login);
  if (division !== undefined) {
    await admin.query('insert into platform.reader_scope (login, division_code) values ($1, $2)', [login, division]);
  }
  const url = new URL(database.url);
  url.username = login;
  url.password = login;
  const session = new pg.Client(url.href);
  await session.connect();
  sessions.push(session);
  return session;
}

const VIEWS = (
  await (async () => {
    const client = new pg.Client(database.url);
    await client.connect();
    const { rows } = await client.query<{ name: string }>(
      "select table_name as name from information_schema.views where table_schema = 'dash' order by 1",
    );
    await client.end();
    return rows;
  })()
).map((row) => row.name);

const institutionsIn = async (session: pg.Client, view: string): Promise<unknown[]> => {
  const column = view === 'institution' ? 'code' : 'institution_code';
  const { rows } = await session.query<{ code: unknown }>(
    `select distinct ${column} as code from dash.${view} order by 1`,
  );
  return rows.map((row) => row.code);
};

test('all views are known', () => {
  expect(VIEWS.length).toBeGreaterThanOrEqual(10);
});

describe.each(VIEWS)('dash.%s', (view) => {
  test('the whole city, one district, or nothing', async () => {
    expect(await institutionsIn(await readerOf(null), view)).toEqual([WUJIN.code, TIANNING.code]);
    expect(await institutionsIn(await readerOf(WUJIN.division), view)).toEqual([WUJIN.code]);
    expect(await institutionsIn(await readerOf(undefined), view)).toEqual([]);
  });
});

describe('a district reader cannot get out', () => {
  test.each(['ganzhi_dash', 'ganzhi_owner', 'ganzhi_api', 'ganzhi_analytics', 'ganzhi_ingest', 'postgres'])(
    'by becoming %s',
    async (role) => {
      const session = await readerOf(WUJIN.division);
      await expect(session.query(`set role ${role}`)).rejects.toThrow(/permission denied/);
      await expect(session.query(`set session authorization ${role}`)).rejects.toThrow(/permission denied/);
    },
  );

  test('by taking the group role or setting anything', async () => {
    const session = await readerOf(WUJIN.division);
    await session.query('set role ganzhi_reader');
    expect(await institutionsIn(session, 'institution')).toEqual([WUJIN.code]);
    await session.query('reset role');
    await session.query("select set_config('ganzhi.division', $1, false)", [TIANNING.division]);
    await session.query("select set_config('row_security', 'off', false)");
    // With row security off PostgreSQL refuses rather than to show too little; it never shows more.
    await expect(institutionsIn(session, 'institution')).rejects.toThrow(/row-level security/);
  });

  test.each([
    'registry.institution',
    'registry.meter',
    'metering.reading',
    'metering.latest',
    'ledger.hour',
    'ledger.meter_hour',
    'ledger.certain_part',
    'energy.quota',
    'platform.app_user',
    'platform.reader_scope',
    'ganzhi_meta.migration',
  ])('by reading %s', async (table) => {
    const session = await readerOf(WUJIN.division);
    await expect(session.query(`select * from ${table}`)).rejects.toThrow(/permission denied/);
  });

  test('by a leaky function in the condition', async () => {
    const session = await readerOf(WUJIN.division);
    const seen: string[] = [];
    session.on('notice', (notice) => seen.push(notice.message ?? ''));
    await session.query(
      `create function pg_temp.tell(text) returns boolean language plpgsql cost 0.0000001
       as $$ begin raise notice '%', $1; return true; end $$`,
    );
    await session.query('select * from dash.institution where pg_temp.tell(code)');
    expect(seen).toEqual([WUJIN.code]);
  });

  test('by writing', async () => {
    const session = await readerOf(WUJIN.division);
    await expect(session.query(`update dash.institution set area_m2 = 1`)).rejects.toThrow(
      /permission denied|cannot update/,
    );
    await expect(session.query(`insert into platform.reader_scope values (session_user, null)`)).rejects.toThrow(
      /permission denied/,
    );
    await expect(session.query('create table public.mine (x int)')).rejects.toThrow(/permission denied/);
    await expect(session.query('create view dash.mine as select 1')).rejects.toThrow(/permission denied/);
  });
});
