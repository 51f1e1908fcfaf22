import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE } from '@ganzhi/schemas';
import { fixtureRegistry, type TestDatabase, testDatabase } from '@ganzhi/schemas/testing';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { type Delivered, deliver } from '../../test/deliver.ts';
import { type Analytics, startAnalytics } from './start.ts';

const START = Date.UTC(2026, 10, 22, 15);
const quarters = (...counts: bigint[]): Delivered[] =>
  counts.map((value, i) => ({ ts: START + i * 15 * MINUTE, counts: value }));

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function scene(tickMs = 20) {
  const database = await testDatabase();
  undo.push(database.drop);
  const owner = await database.open('ganzhi_owner');
  const ingest = await database.open('ganzhi_ingest');
  const { meters } = await fixtureRegistry(owner, { meters: [{ code: 'M-1' }, { code: 'M-2' }] });
  const log: { level: number; msg: string; meterId?: number }[] = [];
  const service = await start(database, tickMs, log);
  undo.push(service.stop);
  return { database, owner, ingest, service, log, idOf: (code: string) => meters.get(code) ?? 0 };
}

const start = (database: TestDatabase, tickMs: number, log: unknown[] = [], httpPort = 0): Promise<Analytics> =>
  startAnalytics({
    databaseUrl: database.url,
    httpHost: '127.0.0.1',
    httpPort,
    tickMs,
    clock: () => START,
    logger: pino({ level: 'info' }, { write: (line: string) => log.push(JSON.parse(line)) }),
  });

const get = (service: Analytics, path: string) => fetch(`http://127.0.0.1:${service.httpPort}${path}`);

/** Asks until the answer is the wanted one; the test's own time limit ends a wait in vain. */
async function eventually<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    await sleep(10);
  }
}

test('it follows the readings by itself', async () => {
  const { owner, ingest, idOf } = await scene();
  await deliver(ingest, idOf('M-1'), quarters(0n, 10n, 20n));
  const hours = await eventually(
    async () => (await owner.query('select counts from ledger.hour')).rows,
    (rows) => rows.length > 0,
  );
  expect(hours).toEqual([{ counts: 20n }]);
});

test('settle shows all that was stored before, whatever the tick', async () => {
  const { owner, ingest, service, idOf } = await scene(3_600_000);
  await deliver(ingest, idOf('M-1'), quarters(0n, 10n, 20n));
  await service.settle();
  const { rows } = await owner.query('select counts from ledger.hour');
  expect(rows).toEqual([{ counts: 20n }]);
});

test('health and metrics', async () => {
  const { ingest, service, idOf } = await scene(3_600_000);
  await deliver(ingest, idOf('M-1'), quarters(0n, 10n));
  const waiting = await (await get(service, '/metrics')).text();
  expect(waiting).toContain('ganzhi_analytics_dirty_marks 1');
  await service.settle();
  expect((await get(service, '/livez')).status).toBe(200);
  const ready = await get(service, '/readyz');
  expect([ready.status, await ready.json()]).toEqual([200, { status: 'ok', failing: [] }]);
  const metrics = await (await get(service, '/metrics')).text();
  expect(metrics).toContain(`ganzhi_rollup_watermark_timestamp_seconds{level="hour"} ${(START + 15 * MINUTE) / 1000}`);
  expect(metrics).toContain('ganzhi_jobs_total{queue="ledger",result="ok"} 1');
  expect(metrics).toContain('ganzhi_analytics_dirty_marks 0');
  expect(metrics).not.toContain('M-1');
  expect((await get(service, '/elsewhere')).status).toBe(404);
  const posted = await fetch(`http://127.0.0.1:${service.httpPort}/livez`, { method: 'POST' });
  expect(posted.status).toBe(405);
});

test('killed connections cost nothing but a moment', async () => {
  const { database, owner, ingest, service, idOf } = await scene();
  const admin = await database.open('ganzhi_owner');
  for (let i = 0; i < 5; i += 1) {
    await deliver(ingest, idOf('M-1'), [{ ts: START + i * 15 * MINUTE, counts: BigInt(i) }]);
    await admin.query(
      `set role none; select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'ganzhi analytics'`,
    );
  }
  const total = async () => (await owner.query<{ n: string }>('select sum(counts) as n from ledger.hour')).rows[0]?.n;
  await eventually(total, (n) => n === '4');
  const ready = await eventually(
    () => get(service, '/readyz'),
    ({ status }) => status === 200,
  );
  expect(ready.status).toBe(200);
});

test('not ready while rounds fail, ready again after', async () => {
  const { owner, ingest, service, log, idOf } = await scene();
  await owner.query('revoke insert on ledger.hour from ganzhi_analytics');
  await deliver(ingest, idOf('M-1'), quarters(0n, 10n));
  const failing = await eventually(
    () => get(service, '/readyz'),
    ({ status }) => status === 503,
  );
  expect(await failing.json()).toEqual({
    status: 'unavailable',
    failing: [{ check: 'ledger', detail: expect.stringContaining('tried again') }],
  });
  await owner.query('grant insert on ledger.hour to ganzhi_analytics');
  await eventually(
    () => get(service, '/readyz'),
    ({ status }) => status === 200,
  );
  expect(log.filter(({ level }) => level >= 50)).toHaveLength(1);
});

test('a meter whose figures cannot be stored is held back; the others go on', async () => {
  const { owner, ingest, service, log, idOf } = await scene(3_600_000);
  await owner.query(`alter table ledger.hour add constraint refuse check (meter_id <> ${idOf('M-1')})`);
  await deliver(ingest, idOf('M-1'), quarters(0n, 10n));
  await deliver(ingest, idOf('M-2'), quarters(0n, 10n));
  await service.settle();
  const { rows } = await owner.query('select meter_id as id, counts from ledger.hour');
  expect(rows).toEqual([{ id: idOf('M-2'), counts: 10n }]);
  const marks = await owner.query('select meter_id as id from metering.dirty_span');
  expect(marks.rows).toEqual([{ id: idOf('M-1') }]);
  expect(log.filter(({ level }) => level >= 50)).toMatchObject([{ meterId: idOf('M-1') }]);
  expect(await (await get(service, '/metrics')).text()).toContain('ganzhi_analytics_held_back_meters 1');
});

test('a taken port is said in words, and nothing stays open', async () => {
  const { database, service } = await scene();
  await expect(start(database, 1_000, [], service.httpPort)).rejects.toMatchObject({
    code: 'port-taken',
    message: expect.stringContaining('GANZHI_ANALYTICS_HTTP_PORT'),
  });
});
