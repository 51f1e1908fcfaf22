import { HOUR, MINUTE } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { harness, NOW, until } from './harness.ts';
import { batchOf } from './publisher.ts';

const KILL =
  "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'ganzhi ingest'";

test('database connections killed again and again: all is stored exactly once, all is acknowledged', async () => {
  const { connect, superuser, rows } = await harness();
  const killer = await superuser();
  const gateway = await connect();
  const batches = Array.from({ length: 60 }, (_, k) =>
    batchOf([
      { m: 'M-1', p: 'energy.import', t: NOW - k * MINUTE, x: 100 - k },
      { m: 'M-1', p: 'power', t: NOW - k * MINUTE, x: k },
    ]),
  );
  const sent = batches.map(async (batch, k) => {
    await new Promise((done) => setTimeout(done, k * 5));
    await gateway.send(batch);
  });
  let finished = false;
  const killing = (async () => {
    while (!finished) {
      await killer.query(KILL);
      await new Promise((done) => setTimeout(done, 20));
    }
  })();
  await new Promise((done) => setTimeout(done, 400));
  finished = true;
  await killing;
  await Promise.all(sent);
  await until(() => gateway.acks.length === batches.length);
  expect(await rows('select count(*) from metering.reading')).toEqual([{ count: 120n }]);
  expect(await rows('select count(*) from metering.batch')).toEqual([{ count: 60n }]);
  expect(await rows('select count(*) from metering.reading_revision')).toEqual([{ count: 0n }]);
  expect(await rows('select count(*) from metering.dirty_span')).toEqual([{ count: 60n }]);
});

test('a message that the database refuses goes to quarantine whole; the others of its transaction are stored', async () => {
  const { connect, owner, rows } = await harness({ batchMs: 200 });
  await owner.query('alter table metering.reading add constraint no_devil check (value <> 66600)');
  const gateway = await connect();
  const batches = Array.from({ length: 9 }, (_, k) =>
    batchOf([
      { m: 'M-1', p: 'energy.import', t: NOW - k * HOUR, x: k === 4 ? 666 : k },
      { m: 'M-1', p: 'power', t: NOW - k * HOUR, x: k },
    ]),
  );
  await Promise.all(batches.map((batch) => gateway.send(batch)));
  await until(() => gateway.acks.length === 9);
  const refused = gateway.acks.filter((ack) => ack.status === 'rejected').map((ack) => ack.batch);
  expect(refused).toEqual([batches[4]?.batch]);
  expect(await rows('select count(*) from metering.reading')).toEqual([{ count: 16n }]);
  const [kept] = (await rows("select reason, payload->>'message' as message from metering.quarantine")) as [
    { reason: string; message: string },
  ];
  expect(kept.reason).toBe('invalid-payload');
  expect(JSON.parse(kept.message)).toEqual(batches[4]);
});

test('a stop while the database is away ends, and what was not stored was not acknowledged', async () => {
  const { connect, superuser, ingest, rows } = await harness();
  const blocker = await superuser();
  await blocker.query('revoke insert on metering.batch from ganzhi_ingest');
  const gateway = await connect();
  const sent = gateway.send(batchOf([{ m: 'M-1', p: 'power', t: NOW, x: 1 }]));
  const refused = expect(sent).rejects.toThrow('connection closed');
  const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${ingest.httpPort}/metrics`)).text();
  await until(async () => /ganzhi_ingest_write_retries_total [1-9]/.test(await metrics()));
  await ingest.stop();
  await refused;
  expect(gateway.acks).toEqual([]);
  expect(await rows('select from metering.reading')).toEqual([]);
});

test('readiness follows the database', async () => {
  const { ingest } = await harness();
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${ingest.httpPort}${path}`);
    return { status: response.status, body: await response.text() };
  };
  expect(await get('/livez')).toMatchObject({ status: 200 });
  expect(await get('/readyz')).toEqual({ status: 200, body: '{"status":"ok","failing":[]}' });
  expect((await get('/metrics')).body).toContain('ganzhi_mqtt_clients 0');
  expect(await get('/else')).toMatchObject({ status: 404 });
});

test('a gateway that reconnects and sends again during an outage is answered once the database is back', async () => {
  const { connect, superuser, ingest, rows } = await harness();
  const admin = await superuser();
  await admin.query('revoke insert on metering.batch from ganzhi_ingest');
  const batches = Array.from({ length: 3 }, (_, k) =>
    batchOf([{ m: 'M-1', p: 'energy.import', t: NOW - k * MINUTE, x: k }]),
  );
  const queued = async (): Promise<number> => {
    const metrics = await (await fetch(`http://127.0.0.1:${ingest.httpPort}/metrics`)).text();
    return Number(/ganzhi_ingest_queue_readings (\d+)/.exec(metrics)?.[1]);
  };
  for (let connection = 0; connection < 5; connection += 1) {
    const gateway = await connect();
    const sent = batches.map((batch) => expect(gateway.send(batch)).rejects.toThrow('connection closed'));
    await until(async () => (await queued()) === 3 * 2);
    await gateway.close();
    await Promise.all(sent);
  }
  expect(await queued(), 'each message is held once').toBe(3 * 2);
  const gateway = await connect();
  const sent = batches.map((batch) => gateway.send(batch));
  await admin.query('grant insert on metering.batch to ganzhi_ingest');
  await Promise.all(sent);
  await until(() => gateway.acks.length === 3);
  expect(await rows('select from metering.reading')).toHaveLength(3);
  expect(await rows('select from metering.dirty_span')).toHaveLength(3);
});
