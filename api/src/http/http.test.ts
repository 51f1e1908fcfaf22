import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import pg from 'pg';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarness } from '../../test/harness.ts';
import { buildApp } from '../app.ts';
import { openApiText } from './document.ts';

const folder = mkdtempSync(join(tmpdir(), 'ganzhi-console-'));
mkdirSync(join(folder, 'assets'));
writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Ganzhi</title>');
writeFileSync(join(folder, 'assets/app-4f2a.js'), 'export {};');

const harness = await startHarness({ consoleDir: folder });
const { app, get, owner } = harness;
beforeAll(() => fixtureRegistry(owner));
afterAll(async () => {
  await harness.stop();
  rmSync(folder, { recursive: true });
});

test('the committed OpenAPI document is the one the routes give', async () => {
  const committed = readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8');
  expect(committed).toBe(await openApiText(app));
  const served = await app.inject('/openapi.json');
  expect(served.json()).toMatchObject({ openapi: '3.1.0', info: { title: 'Ganzhi 感知' } });
});

test('the document viewer works without foreign hosts, and only there styles may be inline', async () => {
  const page = await app.inject('/docs');
  expect(page.statusCode).toBe(200);
  expect(page.body).not.toMatch(/https?:\/\//);
  expect(page.headers['content-security-policy']).toContain("style-src 'self' 'unsafe-inline'");
  expect((await app.inject('/docs/static/swagger-ui-bundle.js')).statusCode).toBe(200);
});

test('the page: hashed files never change, index.html is asked for again, the policy is strict', async () => {
  const index = await app.inject('/');
  expect(index.headers['cache-control']).toBe('no-cache');
  expect(index.headers['content-type']).toContain('text/html');
  const policy = String(index.headers['content-security-policy']);
  expect(policy.split(';').slice(0, 3)).toEqual(["default-src 'self'", "img-src 'self' data:", "style-src 'self'"]);
  expect(policy).not.toMatch(/unsafe|http/);
  const asset = await app.inject('/assets/app-4f2a.js');
  expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect((await app.inject('/../package.json')).statusCode).toBe(404);
});

test('unknown addresses are problems with the id of the request', async () => {
  const answer = await app.inject({ url: '/api/v1/nothing?x=1', headers: { 'x-request-id': 'abc.1' } });
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(answer.headers['x-request-id']).toBe('abc.1');
  expect(answer.json()).toEqual({
    type: '/problems/not-found',
    title: '未找到',
    status: 404,
    instance: '/api/v1/nothing',
    code: 'not-found',
    requestId: 'abc.1',
  });
  const hostile = await app.inject({ url: '/api', headers: { 'x-request-id': 'a b"<' } });
  expect(hostile.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
});

test('bodies that are broken, too large or of another kind are problems', async () => {
  const post = (payload: string, type = 'application/json') =>
    app.inject({ method: 'POST', url: '/api/v1/sessions', payload, headers: { 'content-type': type } });
  expect((await post('{"login":')).json()).toMatchObject({ status: 400, code: 'invalid-request' });
  expect((await post(`{"login":"${'x'.repeat(70_000)}"}`)).json()).toMatchObject({ status: 413, code: 'too-large' });
  expect((await post('login=a', 'text/plain')).json()).toMatchObject({ status: 400, code: 'invalid-request' });
  expect((await post('<a/>', 'application/xml')).json()).toMatchObject({ status: 400, code: 'invalid-request' });
  expect((await post('{"login":"a","password":"b","colour":"red"}')).json().errors).toEqual([
    { path: 'colour', code: 'unknown-field', message: '没有此字段' },
  ]);
  expect((await post('{"login":7,"password":"b"}')).json().errors).toMatchObject([
    { path: 'login', code: 'invalid-type', message: expect.stringContaining('期望 string，实际接收 数字') },
  ]);
});

test('a poll that has seen the answer gets 304 and no body', async () => {
  const first = await get('/divisions');
  const etag = String(first.headers.etag);
  expect(etag).toMatch(/^W\/"[\w-]{27}"$/);
  expect(first.headers['cache-control']).toBe('private, no-cache');
  const again = await get('/divisions', { 'if-none-match': `"other", ${etag}` });
  expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', etag]);
  await owner.query("insert into registry.division values ('320402', null, '天宁区', 'Tianning', 1)");
  const changed = await get('/divisions', { 'if-none-match': etag });
  expect(changed.statusCode).toBe(200);
  expect(changed.headers.etag).not.toBe(etag);
});

test('long answers are compressed, and their ETag stays the same', async () => {
  const plain = await get('/institutions/1/consumption?grain=hour&from=2026-11-01&to=2026-11-08');
  const zipped = await get('/institutions/1/consumption?grain=hour&from=2026-11-01&to=2026-11-08', {
    'accept-encoding': 'gzip, br',
  });
  expect(zipped.headers['content-encoding']).toBe('gzip');
  expect(zipped.headers.etag).toBe(plain.headers.etag);
  expect(zipped.rawPayload.length).toBeLessThan(plain.rawPayload.length / 5);
});

test('health, version and metrics', async () => {
  expect((await app.inject('/livez')).json()).toEqual({ status: 'ok' });
  expect((await app.inject('/readyz')).json()).toEqual({ status: 'ok', failing: [] });
  expect((await app.inject('/version')).json()).toMatchObject({ name: 'ganzhi-api', version: '0.1.0' });
  await get('/institutions/1');
  const metrics = (await app.inject('/metrics')).body;
  expect(metrics).toContain('http_request_duration_seconds_count{method="GET",route="/api/v1/institutions/:id"');
  expect(metrics).toMatch(/ganzhi_build_info\{version="0.1.0",commit="[^"]+"\} 1/);
  expect(metrics).toMatch(/ganzhi_db_pool_connections\{state="idle"\} \d/);
});

test('a database that is not migrated: not ready, and it says so', async () => {
  await owner.query('delete from ganzhi_meta.migration where id = (select max(id) from ganzhi_meta.migration)');
  const answer = await app.inject('/readyz');
  expect(answer.statusCode).toBe(503);
  expect(answer.json().failing).toMatchObject([{ check: 'migrations', detail: expect.stringContaining('migrate') }]);
});

test('without a database: alive, not ready, and requests are told to come again', async () => {
  const db = new pg.Pool({ connectionString: 'postgres://nobody:secret@127.0.0.1:1/none' });
  const cut = await buildApp({ db, mode: 'demo', clock: Date.now, logger: pino({ level: 'silent' }) });
  expect((await cut.inject('/livez')).statusCode).toBe(200);
  const ready = await cut.inject('/readyz');
  expect(ready.statusCode).toBe(503);
  expect(ready.json().failing.map((failure: { check: string }) => failure.check)).toEqual(['database', 'migrations']);
  expect(ready.body).not.toContain('secret');
  const answer = await cut.inject({
    url: '/api/v1/city',
    headers: { authorization: `Bearer ${'x'.repeat(43)}`, 'accept-language': 'en-GB,en;q=0.9,zh;q=0.1' },
  });
  expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '5']);
  expect(answer.json()).toMatchObject({ code: 'unavailable', title: 'Unavailable; try again shortly' });
  expect((await cut.inject('/')).body).toContain('node dashboards/console/build.ts');
  await cut.close();
  await db.end();
});

test('limits count a user, not the address that a whole office shares', async () => {
  const [one, other] = [await harness.person('one'), await harness.person('other')];
  const change = (headers: Record<string, string>) =>
    app.inject({ method: 'PUT', url: '/api/v1/sessions/current/password', headers, payload: {} });
  const statuses = [];
  for (let i = 0; i < 11; i += 1) statuses.push((await change(one.headers)).statusCode);
  expect(statuses).toEqual([...Array(10).fill(400), 429]);
  expect((await change(other.headers)).statusCode).toBe(400);
});
