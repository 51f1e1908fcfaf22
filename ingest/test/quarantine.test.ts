import { MINUTE, upTopic } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { afterAll, expect, test } from 'vitest';
import { harness, NOW, until } from './harness.ts';
import { batchOf, Publisher } from './publisher.ts';

const REGISTRY = {
  gateways: ['GW-0001', 'GW-0002'],
  meters: [{ code: 'M-1' }, { code: 'M-OTHER', gateway: 'GW-0002' }],
};
const shared = await harness({}, REGISTRY, afterAll);
const good = { m: 'M-1', p: 'energy.import', t: NOW, x: 1, q: 0 };

test.each([
  ['unknown-meter', { ...good, m: 'M-404' }],
  ['foreign-meter', { ...good, m: 'M-OTHER' }],
  ['unknown-point', { ...good, p: 'water.volume' }],
  ['unknown-point', { ...good, p: 'constructor' }],
  ['invalid-value', { ...good, x: '1e5' }],
  ['invalid-value', { ...good, x: 'NaN' }],
  ['invalid-value', { ...good, x: 1e30 }],
  ['invalid-value', { ...good, x: null }],
  ['invalid-time', { ...good, t: Date.UTC(1999, 11, 31) }],
  ['invalid-time', { ...good, t: Date.UTC(2100, 0, 1) }],
  ['invalid-time', { ...good, t: NOW + 0.5 }],
  ['future-time', { ...good, t: NOW + 5 * MINUTE + 1 }],
  ['invalid-payload', { ...good, m: undefined }],
  ['invalid-payload', 'not even an object'],
  ['invalid-payload', null],
  ['unknown-meter', { ...good, m: 'nul \0 and half a pair \uD83D' }],
])('%s: %j costs only itself, is acknowledged with its code and kept once', async (code, bad) => {
  const { connect, rows, owner } = shared;
  await owner.query('truncate metering.batch, metering.reading, metering.quarantine');
  const gateway = await connect();
  const batch = { ...batchOf([]), readings: [good, bad] };
  await gateway.send(JSON.stringify(batch));
  await gateway.send(JSON.stringify({ ...batch, batch: batchOf([]).batch }));
  await until(() => gateway.acks.length === 2);
  for (const ack of gateway.acks) expect(ack).toMatchObject({ status: 'stored', rejected: [{ i: 1, code }] });
  expect(await rows('select from metering.reading')).toHaveLength(1);
  expect(await rows('select gateway_code, reason from metering.quarantine')).toEqual([
    { gateway_code: 'GW-0001', reason: code },
  ]);
});

test('an infinite number in JSON is an invalid value, not a broken message', async () => {
  const { connect, rows } = await harness();
  const gateway = await connect();
  await gateway.send(JSON.stringify(batchOf([good, { ...good, t: NOW - 1, x: 424242 }])).replace('424242', '1e999'));
  expect(await rows('select from metering.reading')).toHaveLength(1);
  expect(await rows('select reason from metering.quarantine')).toEqual([{ reason: 'invalid-value' }]);
});

test.each([
  ['not JSON', 'hello \0 world'],
  ['not an object', '[1, 2, 3]'],
  ['another version', JSON.stringify({ ...batchOf([good]), v: 2 })],
  ['no readings', JSON.stringify({ ...batchOf([]), readings: 'none' })],
  ['too many readings', JSON.stringify(batchOf(Array.from({ length: 5_001 }, () => ({ m: 'M', p: 'p', t: 1, x: 1 }))))],
])(
  'a message that cannot be parsed (%s) is kept by its head, and PUBACK tells the sender to forget it',
  async (_, message) => {
    const { connect, rows, owner } = shared;
    await owner.query('truncate metering.batch, metering.reading, metering.quarantine');
    const gateway = await connect();
    await gateway.send(message);
    expect(await rows('select reason from metering.quarantine')).toEqual([{ reason: 'invalid-payload' }]);
    expect(await rows('select from metering.reading')).toEqual([]);
  },
);

test('when at least the batch id can be read, the refusal is said on down/ack too', async () => {
  const { connect } = await harness();
  const gateway = await connect();
  const batch = batchOf([]);
  await gateway.send(JSON.stringify({ ...batch, readings: 'none' }));
  await until(() => gateway.acks.length > 0);
  expect(gateway.acks).toMatchObject([{ batch: batch.batch, status: 'rejected', rejected: [] }]);
});

test('a batch sent again after the registry was mended is stored, not just called stored', async () => {
  const { connect, rows, owner } = await harness();
  const gateway = await connect();
  const batch = JSON.stringify(batchOf([good, { ...good, m: 'M-NEW' }, { ...good, p: 'water.volume' }]));
  await gateway.send(batch);
  await registerMeter(owner, 'M-NEW');
  await until(async () => {
    await gateway.send(batch);
    return (await rows('select from metering.reading')).length === 2;
  });
  await gateway.send(batch);
  await until(() => gateway.acks.at(-1)?.rejected.length === 1);
  expect(gateway.acks[0]).toMatchObject({ rejected: [{ i: 1 }, { i: 2 }] });
  expect(gateway.acks.at(-1)).toMatchObject({ status: 'stored', rejected: [{ i: 2, code: 'unknown-point' }] });
  expect(await rows('select unregistered from metering.batch')).toEqual([{ unregistered: 1 }]);
});

test('a meter registered after the start is found without a restart', async () => {
  const { connect, owner, rows } = await harness();
  const gateway = await connect();
  await registerMeter(owner, 'M-NEW');
  await gateway.send(batchOf([{ ...good, m: 'M-NEW' }]));
  expect(await rows('select from metering.reading')).toHaveLength(1);
});

test('simulated time may run ahead in a demonstration and is refused in production', async () => {
  const { start, owner, rows } = await harness();
  await owner.query('update registry.gateway set simulated_time = true');
  const ahead = { ...good, t: Date.UTC(2030, 0, 1) };
  const demo = await start();
  const production = await start({ mode: 'production' });
  const first = await Publisher.connect(demo.mqttPort);
  await first.send(batchOf([ahead]));
  expect(await rows('select from metering.reading')).toHaveLength(1);
  await first.close();
  const second = await Publisher.connect(production.mqttPort);
  await second.send(batchOf([good], { errors: [{ m: 'M-1', t: NOW, code: 'read-timeout' }] }));
  await until(() => second.acks.length > 0);
  expect(second.acks[0]).toMatchObject({ status: 'rejected', rejected: [{ i: 0, code: 'simulated-time-refused' }] });
  await second.close();
  expect(await rows('select from metering.reading')).toHaveLength(1);
  expect(await rows('select from metering.read_failure')).toEqual([]);
});

test('a gateway that announces simulated time by itself is refused in production too', async () => {
  const { connect, rows } = await harness({ mode: 'production' });
  const gateway = await connect();
  const meta = { v: 1, firmware: '1.0.0', startedAt: NOW, meters: [], simulatedTime: true };
  await gateway.publish(upTopic('GW-0001', 'meta'), JSON.stringify(meta));
  await gateway.send(batchOf([good]));
  expect(await rows('select from metering.reading')).toEqual([]);
  expect(await rows('select reason from metering.quarantine')).toEqual([{ reason: 'simulated-time-refused' }]);
});

async function registerMeter(owner: Db, code: string): Promise<void> {
  await owner.query(
    `insert into registry.meter (code, institution_id, gateway_id, name_zh, name_en, medium, role, template)
     select $1, institution_id, id, '新表', 'New', 'electricity', 'main', 'eastron-sdm630' from registry.gateway limit 1`,
    [code],
  );
  await owner.query('insert into registry.point select id, 1, 2 from registry.meter where code = $1', [code]);
}
