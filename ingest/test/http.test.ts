import { randomBytes } from 'node:crypto';
import { connect as tcp } from 'node:net';
import { gzipSync } from 'node:zlib';
import { MAX_MESSAGE_BYTES, MINUTE, type TelemetryBatch } from '@ganzhi/schemas';
import { fixtureToken } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { harness, NOW, until } from './harness.ts';
import { batchOf } from './publisher.ts';

const GW = 'GW-0001';
const basic = (code = GW, token = fixtureToken(code)): string =>
  `Basic ${Buffer.from(`${code}:${token}`).toString('base64')}`;
const shared = await harness({ doorPort: 0 }, { gateways: [GW, 'GW-0002'] }, afterAll);
const reading = (x: number, m = 'M-1') => ({ m, p: 'energy.import', t: NOW, x });

const urlOf = ({ doorPort }: { doorPort: number | undefined }): string =>
  `http://127.0.0.1:${doorPort}/api/v1/ingest/readings`;
const post = (
  body: string | Buffer | TelemetryBatch,
  headers: Record<string, string> = {},
  url = urlOf(shared.ingest),
): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { authorization: basic(), 'content-type': 'application/json', ...headers },
    body: Buffer.isBuffer(body) ? new Uint8Array(body) : typeof body === 'string' ? body : JSON.stringify(body),
  });

test('a batch is answered 200 with the acknowledgement, and is stored by then', async () => {
  const { ingest, rows } = await harness({ doorPort: 0 });
  const batch = batchOf([reading(12.34), reading(1, 'M-404')]);
  const answer = await post(batch, { 'idempotency-key': batch.batch }, urlOf(ingest));
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({
    batch: batch.batch,
    status: 'stored',
    rejected: [{ i: 1, code: 'unknown-meter' }],
    serverAt: expect.any(Number),
  });
  expect(await rows('select value from metering.reading')).toEqual([{ value: 1234n }]);
  expect(await rows('select reason from metering.quarantine')).toEqual([{ reason: 'unknown-meter' }]);
  const again = await post(batch, { 'idempotency-key': `"${batch.batch}"` }, urlOf(ingest));
  expect(again.status).toBe(200);
  expect(await rows('select from metering.batch')).toHaveLength(1);
});

test('gzip and a bearer token serve as well', async () => {
  const batch = batchOf([reading(5)]);
  const answer = await post(gzipSync(JSON.stringify(batch)), {
    authorization: `Bearer ${fixtureToken(GW)}`,
    'content-encoding': 'gzip',
  });
  expect(await answer.json()).toMatchObject({ batch: batch.batch, status: 'stored' });
});

test.each([
  ['no credentials', ''],
  ['a wrong token', basic(GW, 'guess')],
  ["another gateway's token", basic(GW, fixtureToken('GW-0002'))],
  ['an unknown gateway', basic('GW-404')],
  ['a bearer token of nobody', 'Bearer guess'],
  ['a scheme of another kind', 'Digest x'],
  ['credentials that are not base64', 'Basic ☃'.normalize('NFKD').replace(/[^ -~]/g, '%')],
])('%s: 401, told how to log in', async (_, authorization) => {
  const answer = await post(batchOf([]), { authorization });
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toContain('Basic');
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
});

test.each([
  ['text that is not JSON', 'not json', {}, 422, 'invalid-payload'],
  ['JSON without an envelope', '{}', {}, 422, 'invalid-payload'],
  [
    'more than 5,000 readings',
    batchOf(Array.from({ length: 5_001 }, () => reading(1))),
    { gzip: true },
    422,
    'invalid-payload',
  ],
  ['a body over the limit', Buffer.alloc(MAX_MESSAGE_BYTES + 1, 32), {}, 413, 'too-large'],
  ['a gzip bomb', gzipSync(Buffer.alloc(100_000_000, 32)), { 'content-encoding': 'gzip' }, 413, 'too-large'],
  ['random bytes said to be gzip', randomBytes(2_000), { 'content-encoding': 'gzip' }, 400, 'invalid-request'],
  ['another encoding', 'x', { 'content-encoding': 'br' }, 400, 'invalid-request'],
  ['another type', 'x', { 'content-type': 'text/plain' }, 400, 'invalid-request'],
  ['a key that is not the batch', batchOf([]), { 'idempotency-key': 'other' }, 400, 'invalid-request'],
])('%s is refused', async (_, body, { gzip, ...headers }: Record<string, unknown>, status, code) => {
  const packed = gzip ? gzipSync(JSON.stringify(body)) : body;
  const answer = await post(packed, { ...(headers as object), ...(gzip ? { 'content-encoding': 'gzip' } : {}) });
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject({ code, status, instance: '/api/v1/ingest/readings' });
});

test('the same key again, at once and later, is answered with the same result; the rows are there once', async () => {
  const { ingest, rows } = await harness({ doorPort: 0 });
  const batch = batchOf([reading(1), reading(2, 'M-404'), { ...reading(3), t: NOW - 1 }, { ...reading(4), p: 'none' }]);
  const send = async (): Promise<unknown> => {
    const answer = await post(batch, { 'idempotency-key': batch.batch }, urlOf(ingest));
    expect(answer.status).toBe(200);
    return answer.json();
  };
  const first = await Promise.all([send(), send(), send()]);
  const expected = {
    status: 'stored',
    batch: batch.batch,
    rejected: [
      { i: 1, code: 'unknown-meter' },
      { i: 3, code: 'unknown-point' },
    ],
  };
  expect([...first, await send()]).toMatchObject(Array(4).fill(expected));
  expect(await rows('select from metering.reading')).toHaveLength(2);
  expect(await rows('select from metering.quarantine')).toHaveLength(2);
  expect(await rows('select from metering.batch')).toHaveLength(1);
});

test('a batch of 5,000 readings is taken as a whole, compressed to what the limit allows', async () => {
  const { ingest, rows } = await harness({ doorPort: 0 });
  const batch = batchOf(Array.from({ length: 5_000 }, (_, k) => ({ ...reading(k), t: NOW - k })));
  const text = JSON.stringify(batch);
  expect(text.length).toBeGreaterThan(MAX_MESSAGE_BYTES);
  expect((await post(text, {}, urlOf(ingest))).status).toBe(413);
  const answer = await post(gzipSync(text), { 'content-encoding': 'gzip' }, urlOf(ingest));
  expect(await answer.json()).toMatchObject({ status: 'stored', rejected: [] });
  expect(await rows('select count(*)::int4 as n, sum(value)::text as sum from metering.reading')).toEqual([
    { n: 5_000, sum: String((100 * 4_999 * 5_000) / 2) },
  ]);
});

test('what has no usable envelope is kept for a person; what the client can mend is not', async () => {
  const { ingest, rows } = await harness({ doorPort: 0 });
  await post('not json', {}, urlOf(ingest));
  await post(batchOf([reading(1)]), { 'idempotency-key': 'other' }, urlOf(ingest));
  expect(await rows('select reason from metering.quarantine')).toEqual([{ reason: 'invalid-payload' }]);
  expect(await rows('select from metering.batch')).toEqual([]);
});

test('titles follow the language; other paths are 404', async () => {
  const english = await post('{}', { 'accept-language': 'en' });
  expect(await english.json()).toMatchObject({
    title: 'The message cannot be parsed',
    requestId: english.headers.get('x-request-id'),
  });
  const lost = await fetch(urlOf(shared.ingest).replace('readings', 'x'));
  expect(await lost.json()).toMatchObject({ code: 'not-found', title: '未找到' });
});

test('while the database is away: 503 with Retry-After; the batch sent again is stored once', async () => {
  const { ingest, superuser, rows } = await harness({ doorPort: 0, holdMs: 200 });
  const blocker = await superuser();
  await blocker.query("select metering.ensure_partition('metering.reading', $1)", [new Date(NOW).toISOString()]);
  await blocker.query('begin');
  await blocker.query('lock table metering.batch in exclusive mode');
  const batch = batchOf([reading(3)]);
  const refused = await post(batch, {}, urlOf(ingest));
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  await blocker.query('commit');
  await until(async () => (await post(batch, {}, urlOf(ingest))).status === 200);
  expect(await rows('select value from metering.reading')).toEqual([{ value: 300n }]);
  expect(await rows('select from metering.batch')).toHaveLength(1);
});

test('a gateway with too many requests under way is told to wait; others are served', async () => {
  const city = await harness({ doorPort: 0, batchMs: 5_000 }, { gateways: [GW, 'GW-0002'] });
  const url = urlOf(city.ingest);
  const held = Array.from({ length: 4 }, (_, k) => post(batchOf([reading(k)]), {}, url));
  const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${city.ingest.httpPort}/metrics`)).text();
  await until(async () => /ganzhi_ingest_queue_readings 8/.test(await metrics()));
  expect((await post(batchOf([]), {}, url)).status).toBe(429);
  const other = post(batchOf([]), { authorization: basic('GW-0002') }, url);
  await until(async () => /ganzhi_ingest_queue_readings 9/.test(await metrics()));
  await city.ingest.stop();
  expect((await Promise.all([...held, other])).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
});

test('a gateway counts as connected from its first request until it has been silent for half an hour', async () => {
  let now = NOW;
  const city = await harness({ doorPort: 0, clock: { now: () => now } });
  const state = async () => city.rows('select online, changed_at, last_seen_at from metering.gateway_state');
  const seen = async (online: boolean) => ((await state())[0] as { online: boolean } | undefined)?.online === online;
  await post(batchOf([]), {}, urlOf(city.ingest));
  await until(() => seen(true));
  now += 29 * MINUTE;
  await post(batchOf([]), {}, urlOf(city.ingest));
  now += 29 * MINUTE;
  await until(async () => ((await state())[0] as { last_seen_at: number }).last_seen_at === NOW + 29 * MINUTE);
  expect(await seen(true)).toBe(true);
  now += MINUTE;
  await until(() => seen(false));
  expect(await state()).toEqual([{ online: false, changed_at: now, last_seen_at: NOW + 29 * MINUTE }]);
});

test('random bytes and a client that says nothing do not hold up others or a stop', async () => {
  const city = await harness({ doorPort: 0 });
  const port = city.ingest.doorPort ?? 0;
  const noise = tcp(port, '127.0.0.1');
  noise.on('error', () => undefined).resume();
  noise.end(randomBytes(100_000));
  const silent = tcp(port, '127.0.0.1');
  silent.on('error', () => undefined).resume();
  silent.write('POST /api/v1/ingest/readings HTTP/1.1\r\n');
  expect((await post(batchOf([reading(1)]), {}, urlOf(city.ingest))).status).toBe(200);
  await city.ingest.stop();
  silent.destroy();
});
