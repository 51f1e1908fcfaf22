import { HOUR, hourStart, MINUTE, upTopic } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { harness, NOW, until } from './harness.ts';
import { batchOf } from './publisher.ts';

const READINGS = 'select point, ts, value, quality from metering.reading order by meter_id, point, ts';
const DIRTY = 'select point, from_ts, to_ts from metering.dirty_span order by id';
const REVISIONS = 'select point, ts, value, quality from metering.reading_revision order by batch_id, value';
const LATEST = 'select point, ts, value from metering.latest order by point';
const energy = (t: number, x: number | string, q = 0) => ({ m: 'M-1', p: 'energy.import', t, x, q });

test('a reading is stored as a count, the latest value follows, and only the counter is marked dirty', async () => {
  const { connect, rows } = await harness();
  const gateway = await connect();
  const batch = batchOf([
    energy(NOW - MINUTE, 1234.56),
    energy(NOW, 1234.57),
    { m: 'M-1', p: 'power', t: NOW, x: 12.3456 },
  ]);
  await gateway.send(batch);
  expect(await rows(READINGS)).toEqual([
    { point: 1, ts: NOW - MINUTE, value: 123_456n, quality: 0 },
    { point: 1, ts: NOW, value: 123_457n, quality: 0 },
    { point: 10, ts: NOW, value: 12_346n, quality: 0 },
  ]);
  expect(await rows(DIRTY)).toEqual([{ point: 1, from_ts: NOW - MINUTE, to_ts: NOW }]);
  await until(() => gateway.acks.length > 0);
  expect(gateway.acks).toEqual([{ batch: batch.batch, status: 'stored', rejected: [], serverAt: expect.any(Number) }]);
  await until(async () => (await rows(LATEST)).length > 0);
  expect(await rows(LATEST)).toEqual([
    { point: 1, ts: NOW, value: 123_457n },
    { point: 10, ts: NOW, value: 12_346n },
  ]);
});

test('registers beyond 2^53 travel as text and lose no digit', async () => {
  const { connect, rows } = await harness();
  const gateway = await connect();
  await gateway.send(batchOf([energy(NOW, '92233720368547758.07')]));
  expect(await rows(READINGS)).toEqual([{ point: 1, ts: NOW, value: 9_223_372_036_854_775_807n, quality: 0 }]);
});

test('the same message again changes nothing and is acknowledged again', async () => {
  const { connect, rows } = await harness();
  const gateway = await connect();
  const batch = batchOf([energy(NOW, 5)]);
  await gateway.send(batch);
  await gateway.send(batch);
  await until(() => gateway.acks.length === 2);
  expect(new Set(gateway.acks.map((ack) => ack.status))).toEqual(new Set(['stored']));
  expect(await rows('select readings from metering.batch')).toEqual([{ readings: 1 }]);
  expect(await rows(DIRTY)).toHaveLength(1);
});

test('the same values in another message are a no-op: no revision, no dirty mark', async () => {
  const { connect, rows } = await harness();
  const gateway = await connect();
  await gateway.send(batchOf([energy(NOW, 5)]));
  await gateway.send(batchOf([energy(NOW, 5)]));
  expect(await rows(READINGS)).toHaveLength(1);
  expect(await rows(REVISIONS)).toEqual([]);
  expect(await rows(DIRTY)).toHaveLength(1);
});

test('another value, or another quality, for the same key is kept beside it once and marks its time dirty', async () => {
  const { connect, rows } = await harness();
  const gateway = await connect();
  await gateway.send(batchOf([energy(NOW - HOUR, 4), energy(NOW, 5, 1)]));
  await gateway.send(batchOf([energy(NOW - HOUR, 4), energy(NOW, 6, 1)]));
  await gateway.send(batchOf([energy(NOW, 6, 1)]));
  await gateway.send(batchOf([energy(NOW, 5, 0)]));
  expect(await rows(READINGS)).toEqual([
    { point: 1, ts: NOW - HOUR, value: 400n, quality: 0 },
    { point: 1, ts: NOW, value: 500n, quality: 1 },
  ]);
  expect(await rows(REVISIONS)).toEqual([
    { point: 1, ts: NOW, value: 600n, quality: 1 },
    { point: 1, ts: NOW, value: 500n, quality: 0 },
  ]);
  expect(await rows(DIRTY)).toEqual([
    { point: 1, from_ts: NOW - HOUR, to_ts: NOW },
    { point: 1, from_ts: NOW, to_ts: NOW },
    { point: 1, from_ts: NOW, to_ts: NOW },
  ]);
});

test('of a message that is partly there already only the new part is marked dirty', async () => {
  const { connect, rows } = await harness();
  const gateway = await connect();
  await gateway.send(batchOf([energy(NOW - HOUR, 4)]));
  await gateway.send(batchOf([energy(NOW - HOUR, 4), energy(NOW, 5), { m: 'M-1', p: 'power', t: NOW, x: 1 }]));
  expect(await rows(DIRTY)).toEqual([
    { point: 1, from_ts: NOW - HOUR, to_ts: NOW - HOUR },
    { point: 1, from_ts: NOW, to_ts: NOW },
  ]);
});

test('a batch id used again for other contents is not believed: its readings are stored', async () => {
  const { connect, rows } = await harness();
  const gateway = await connect();
  const first = batchOf([energy(NOW - MINUTE, 1)]);
  await gateway.send(first);
  await gateway.send({ ...first, readings: batchOf([energy(NOW, 2)]).readings });
  expect(await rows(READINGS)).toHaveLength(2);
  expect(await rows('select from metering.batch')).toHaveLength(1);
});

test('late readings make their month and never move the latest value back', async () => {
  const { connect, ingest, rows } = await harness();
  const gateway = await connect();
  await gateway.send(batchOf([energy(NOW, 10)]));
  const longAgo = Date.UTC(2024, 1, 29, 23, 59, 59, 999);
  await gateway.send(batchOf([energy(longAgo, 1)], { replay: true }));
  expect(await rows(READINGS)).toEqual([
    { point: 1, ts: longAgo, value: 100n, quality: 0 },
    { point: 1, ts: NOW, value: 1000n, quality: 0 },
  ]);
  await ingest.stop();
  expect(await rows(LATEST)).toEqual([{ point: 1, ts: NOW, value: 1000n }]);
});

test('a stop writes the latest values; a start finds those that a killed process had not written', async () => {
  const { connect, ingest, owner, rows, start } = await harness();
  const gateway = await connect();
  await gateway.send(batchOf([energy(NOW, 10), energy(NOW - HOUR, 9), { m: 'M-1', p: 'power', t: NOW, x: 1 }]));
  await ingest.stop();
  const written = await rows(LATEST);
  expect(written).toHaveLength(2);
  await owner.query("update metering.latest set ts = ts - interval '2 hours', value = 0 where point = 1");
  await owner.query('delete from metering.latest where point = 10');
  await start();
  await until(async () => (await rows(LATEST)).length === 2);
  expect(await rows(LATEST)).toEqual(written);
});

test('live and replayed messages in one transaction mark their own times, not the time between', async () => {
  const { connect, rows } = await harness({ batchMs: 200 });
  const gateway = await connect();
  const old = NOW - 24 * HOUR;
  await Promise.all([
    gateway.send(batchOf([energy(old, 1)], { replay: true })),
    gateway.send(batchOf([energy(NOW, 2)])),
  ]);
  expect(await rows('select from_ts, to_ts from metering.dirty_span order by from_ts')).toEqual([
    { from_ts: old, to_ts: old },
    { from_ts: NOW, to_ts: NOW },
  ]);
});

test('read failures accumulate, and a later value ends them', async () => {
  const { connect, rows } = await harness();
  const gateway = await connect();
  const FAILURES = 'select code, since, last_at, failures from metering.read_failure';
  const failing = (t: number, code: string) => batchOf([], { errors: [{ m: 'M-1', t, code }] });
  await gateway.send(failing(NOW - 3 * MINUTE, 'read-timeout'));
  await gateway.send(failing(NOW - 2 * MINUTE, 'read-garbage'));
  expect(await rows(FAILURES)).toEqual([
    { code: 'read-garbage', since: NOW - 3 * MINUTE, last_at: NOW - 2 * MINUTE, failures: 2n },
  ]);
  await gateway.send(batchOf([energy(NOW - 4 * MINUTE, 1)]));
  expect(await rows(FAILURES), 'an older value ends nothing').toHaveLength(1);
  await gateway.send(batchOf([energy(NOW - MINUTE, 1)]));
  expect(await rows(FAILURES)).toEqual([]);
  await gateway.send(failing(NOW - 2 * MINUTE, 'read-timeout'));
  expect(await rows(FAILURES), 'a failure from the backlog is history').toEqual([]);
  const HOURS = 'select hour, first_ts, last_ts, code, failures from metering.failure_hour order by hour';
  expect(await rows(HOURS), 'what was over stays on record by its hour').toEqual([
    {
      hour: hourStart(NOW - MINUTE),
      first_ts: NOW - 3 * MINUTE,
      last_ts: NOW - 2 * MINUTE,
      code: 'read-timeout',
      failures: 3n,
    },
  ]);
});

test('QoS 2 is served as well: stored once, before the exchange completes', async () => {
  const { connect, rows } = await harness();
  const gateway = await connect();
  await gateway.client.publishAsync(upTopic('GW-0001', 'telemetry'), JSON.stringify(batchOf([energy(NOW, 5)])), {
    qos: 2,
  });
  expect(await rows(READINGS)).toHaveLength(1);
  expect(await rows('select from metering.batch')).toHaveLength(1);
});
