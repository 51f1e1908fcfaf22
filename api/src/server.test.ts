import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { testDatabase } from '@ganzhi/schemas/testing';
import pg from 'pg';
import pino from 'pino';
import { afterAll, expect, test } from 'vitest';
import { type ApiOptions, startApi } from './server.ts';

const database = await testDatabase();
afterAll(() => database.drop());

const options: ApiOptions = {
  databaseUrl: database.url,
  host: '127.0.0.1',
  port: 0,
  mode: 'production',
  logger: pino({ level: 'silent' }),
};

test('a taken port is one readable error, and a first start that meets it does not swallow the password', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const { port } = squatter.address() as AddressInfo;
  await expect(startApi({ ...options, port })).rejects.toMatchObject({ code: 'port-taken' });
  await new Promise((done) => squatter.close(done));
});

test('the first start shows an administrator once; the password opens a session over a real socket', async () => {
  const first = await startApi(options);
  const { initialAdministrator } = first;
  expect(initialAdministrator?.login).toBe('admin');
  const answer = await fetch(`${first.url}/api/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(initialAdministrator),
  });
  expect(answer.status).toBe(201);
  expect(answer.headers.get('set-cookie')).toMatch(/HttpOnly; Secure; SameSite=Lax/);
  await first.stop();
  const second = await startApi(options);
  expect(second.initialAdministrator).toBeUndefined();
  await second.stop();
});

test('connections that the database cuts are replaced; meanwhile the answer is 503, never 500', async () => {
  const service = await startApi(options);
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
  const cut = await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name = 'api' and datname = current_database()`,
  );
  expect(cut.rowCount).toBeGreaterThan(0);
  await admin.end();
  const statuses: number[] = [];
  while (statuses.at(-1) !== 200 && statuses.length < 50) statuses.push((await fetch(`${service.url}/readyz`)).status);
  expect(statuses.at(-1)).toBe(200);
  expect(statuses.every((status) => status === 200 || status === 503)).toBe(true);
  await service.stop();
});

test('a wrong database address is one readable error without the password', async () => {
  const wrong = 'postgres://nobody:secret@127.0.0.1:1/none';
  const failure = await startApi({ ...options, databaseUrl: wrong }).catch((error: Error) => error);
  expect(failure).toMatchObject({ code: 'database-unreachable' });
  expect(String(failure)).not.toContain('secret');
});
