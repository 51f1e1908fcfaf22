import { createServer } from 'node:net';
import pg from 'pg';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { GanzhiError } from '../errors.ts';
import { testDatabase } from '../testing/index.ts';
import { freePort } from './embedded.ts';
import { setLoginPasswords } from './logins.ts';
import { assertMigrated } from './migrate.ts';
import { connectAdministrator, openDatabase, withTx } from './open.ts';

/** "Too old" is not tested: no PostgreSQL below 15 is at hand. */
const database = await testDatabase();
afterAll(() => database.drop());

function changed(change: (url: URL) => void): string {
  const url = new URL(database.url);
  change(url);
  return url.href;
}

async function refusal(opening: Promise<unknown>): Promise<GanzhiError> {
  const error = await opening.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GanzhiError);
  return error as GanzhiError;
}

const open = (url: string) => openDatabase({ url, role: 'ganzhi_api', max: 1 });

describe.each([
  ['a pool', open],
  ['the administrator’s connection', connectAdministrator],
])('%s says what is wrong, with the remedy and without the password', (_, connect) => {
  test('nobody listens', async () => {
    const port = await freePort();
    const error = await refusal(connect(`postgres://user:hunter2@127.0.0.1:${port}/ganzhi`));
    expect(error.code).toBe('database-unreachable');
    expect(error.message).toMatch(/^No database answers at 127\.0\.0\.1:\d+\/ganzhi \(ECONNREFUSED\)\. Start it/);
    expect(error.message).not.toContain('hunter2');
  });

  test('somebody else listens', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const error = await refusal(connect(`postgres://user:hunter2@127.0.0.1:${port}/ganzhi`));
    expect(error.code).toBe('database-unreachable');
    expect(error.message).not.toContain('hunter2');
  });

  test('wrong password', async () => {
    const error = await refusal(connect(changed((url) => Object.assign(url, { password: 'hunter2' }))));
    expect(error.code).toBe('database-unreachable');
    expect(error.message).toContain('refuses the user or password');
    expect(error.message).not.toContain('hunter2');
  });

  test('no such database', async () => {
    const error = await refusal(connect(changed((url) => Object.assign(url, { pathname: '/nowhere' }))));
    expect(error.code).toBe('database-unreachable');
    expect(error.message).toContain('does not exist');
  });
});

test('an idle connection whose server ends it does not end the process; the next query tells', async () => {
  const client = await connectAdministrator(database.url);
  onTestFinished(() => client.end().catch(() => undefined));
  const ended = new Promise<void>((done) => client.once('end', done));
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const other = await connectAdministrator(database.url);
  onTestFinished(() => other.end());
  await other.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
  await ended;
  await expect(client.query('select 1')).rejects.toThrow('not queryable');
});

test('a pool acts as its role, in UTC, with our types', async () => {
  const db = await database.open('ganzhi_ingest');
  const { rows } = await db.query(
    `select current_user as who, current_setting('timezone') as zone, 9007199254740993::int8 as count,
       '2026-11-23 08:00:00.25+08'::timestamptz as instant, 'infinity'::timestamptz as never,
       '2026-11-23'::date as day, 1.10::numeric as exact`,
  );
  expect(rows[0]).toEqual({
    who: 'ganzhi_ingest',
    zone: 'UTC',
    count: 9_007_199_254_740_993n,
    instant: Date.UTC(2026, 10, 23, 0, 0, 0, 250),
    never: Number.POSITIVE_INFINITY,
    day: '2026-11-23',
    exact: '1.10',
  });
});

test('a role has the rights of its service only', async () => {
  const ingest = await database.open('ganzhi_ingest');
  await expect(ingest.query('select from platform.app_user')).rejects.toThrow(/permission denied/);
  await expect(ingest.query('delete from metering.batch')).rejects.toThrow(/permission denied/);
  const analytics = await database.open('ganzhi_analytics');
  await expect(analytics.query('delete from metering.reading')).rejects.toThrow(/permission denied/);
  const api = await database.open('ganzhi_api');
  await expect(api.query('delete from platform.audit')).rejects.toThrow(/permission denied/);
  await expect(api.query('create table registry.mine (x int)')).rejects.toThrow(/permission denied/);
});

test('a service can log in as its own role and nothing else', async () => {
  const password = "analytics' own password";
  expect(await setLoginPasswords(database.url, { GANZHI_ANALYTICS_PASSWORD: password })).toEqual(['ganzhi_analytics']);
  const url = changed((own) => {
    own.username = 'ganzhi_analytics';
    own.password = encodeURIComponent(password);
  });
  const db = await openDatabase({ url, role: 'ganzhi_analytics', max: 1 });
  onTestFinished(() => db.end());
  await expect(assertMigrated(db)).resolves.toBeUndefined();
  await expect(db.query('set role ganzhi_owner')).rejects.toThrow(/permission denied/);
  expect((await refusal(openDatabase({ url, role: 'ganzhi_api', max: 1 }))).message).toContain('lacks our roles');
});

test('no password given: nothing is touched, nobody is asked', async () => {
  expect(await setLoginPasswords('postgres://nobody@127.0.0.1:1/x', { GANZHI_API_PASSWORD: undefined })).toEqual([]);
});

test('a transaction commits, or leaves nothing and its connection usable', async () => {
  const db = await openDatabase({ url: database.url, role: 'ganzhi_owner', max: 1 });
  onTestFinished(() => db.end());
  const insert = "insert into registry.institution_type values ($1, '类', 'Type')";
  await withTx(db, (tx) => tx.query(insert, ['kept']));
  await expect(
    withTx(db, async (tx) => {
      await tx.query(insert, ['lost']);
      await tx.query('select 1 / 0');
    }),
  ).rejects.toThrow(/division by zero/);
  const { rows } = await db.query('select code from registry.institution_type order by code');
  expect(rows).toEqual([{ code: 'kept' }]);
});

test('a connection that the server ends while idle is replaced, and the owner of the pool is told', async () => {
  const errors: string[] = [];
  const db = await openDatabase({
    url: database.url,
    role: 'ganzhi_api',
    max: 1,
    onError: (error) => errors.push(error.message),
  });
  onTestFinished(() => db.end());
  const { rows } = await db.query<{ pid: number }>('select pg_backend_pid() as pid');
  const told = new Promise((done) => db.once('error', done));
  const admin = new pg.Client(database.url);
  await admin.connect();
  await admin.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
  await admin.end();
  await told;
  expect(errors).toHaveLength(1);
  expect((await db.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});
