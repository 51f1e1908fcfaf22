import { MINUTE } from '@ganzhi/schemas';
import { fixtureToken } from '@ganzhi/schemas/testing';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { type Harness, harness, NOW, until } from './harness.ts';

const READINGS =
  'select m.code, point, ts, value from metering.reading join registry.meter m on m.id = meter_id order by 1, 2, 3';
const GW = 'GW-0001';

async function foreign(
  dialect: string,
  tags: readonly [string, string, string | null, number][] = [],
): Promise<Harness> {
  const city = await harness(
    { registryPollMs: 50 },
    { gateways: [GW, 'GW-0002'], meters: [{ code: 'M-1' }, { code: 'M-2' }] },
  );
  await city.owner.query('update registry.gateway set dialect = $2 where code = $1', [GW, dialect]);
  for (const [device, tag, meter, power] of tags) {
    await city.owner.query(
      `insert into registry.dialect_tag (gateway_id, device, tag, meter_id, point, power_of_ten)
       select g.id, $2, $3, m.id, case when m.id is null then null else 1 end, $5
       from registry.gateway g left join registry.meter m on m.code = $4 where g.code = $1`,
      [GW, device, tag, meter, power],
    );
  }
  return city;
}

/** Connects as the registry says by now: it looks for changes every 50 ms. */
async function client({ ingest }: Harness, options: IClientOptions): Promise<MqttClient> {
  for (;;) {
    const one = mqtt.connect(`mqtt://127.0.0.1:${ingest.mqttPort}`, {
      protocolVersion: 4,
      reconnectPeriod: 0,
      ...options,
    });
    onTestFinished(() => one.endAsync(true));
    const connected = await new Promise<boolean>((done) => {
      one.once('connect', () => done(true));
      one.once('error', () => done(false));
    });
    if (connected) return one;
    await new Promise((done) => setTimeout(done, 30));
  }
}

test("Neuron: stored by the registry's mapping before the PUBACK, twice the same is once", async () => {
  const city = await foreign('neuron', [
    ['modbus/grp', 'kwh', 'M-1', -3],
    ['modbus/grp', 'spare', null, 0],
  ]);
  const neuron = await client(city, { clientId: 'neuron_A5b', username: GW, password: fixtureToken(GW) });
  const granted = await neuron.subscribeAsync(['/neuron/mqtt/read/req', '/neuron/mqtt/write/req']);
  expect(granted.map(({ qos }) => qos)).toEqual([0, 0]);
  const message = {
    timestamp: NOW,
    node: 'modbus',
    group: 'grp',
    values: { kwh: 5_000_000, spare: 1 },
    errors: {},
    metas: {},
  };
  await until(async () => {
    await neuron.publishAsync('/neuron/mqtt/modbus/grp', JSON.stringify(message), { qos: 1 });
    return (await city.rows(READINGS)).length > 0;
  });
  await neuron.publishAsync('/neuron/mqtt/modbus/grp', JSON.stringify(message), { qos: 1 });
  expect(await city.rows(READINGS)).toEqual([{ code: 'M-1', point: 1, ts: NOW, value: 500_000n }]);
  expect(await city.rows('select from metering.batch')).toHaveLength(1);
});

test('ThingsBoard gateway: the token is the user name; names that fit need no mapping, others are kept for a person', async () => {
  const city = await foreign('thingsboard');
  const gateway = await client(city, { clientId: 'tb-gateway', username: fixtureToken(GW) });
  await gateway.subscribeAsync('v1/gateway/rpc');
  const message = {
    'M-1': [
      { ts: NOW - MINUTE, values: { 'energy.import': 1.5 } },
      { ts: NOW, values: { 'energy.import': 1.75 } },
    ],
    'M-2': [{ ts: NOW, values: { 'energy.import': 2, state: 'on' } }],
  };
  await gateway.publishAsync('v1/gateway/telemetry', JSON.stringify(message), { qos: 1 });
  expect(await city.rows(READINGS)).toEqual([
    { code: 'M-1', point: 1, ts: NOW - MINUTE, value: 150n },
    { code: 'M-1', point: 1, ts: NOW, value: 175n },
    { code: 'M-2', point: 1, ts: NOW, value: 200n },
  ]);
  expect(await city.rows("select reason, payload->>'p' as p from metering.quarantine")).toEqual([
    { reason: 'invalid-value', p: 'state' },
  ]);
});

test('ThingsBoard device without times: the same bytes a minute later are another reading', async () => {
  let now = NOW;
  const city = await harness({ registryPollMs: 50, clock: { now: () => now } });
  await city.owner.query("update registry.gateway set dialect = 'thingsboard'");
  await city.owner.query(
    `insert into registry.dialect_tag (gateway_id, device, tag, meter_id, point)
     select g.id, '', 'kwh', m.id, 1 from registry.gateway g, registry.meter m`,
  );
  const device = await client(city, { username: fixtureToken(GW) });
  await until(async () => {
    await device.publishAsync('v1/devices/me/telemetry', '{"kwh":7}', { qos: 1 });
    return (await city.rows(READINGS)).length > 0;
  });
  now += MINUTE;
  await device.publishAsync('v1/devices/me/telemetry', '{"kwh":7}', { qos: 1 });
  expect(await city.rows(READINGS)).toEqual([
    { code: 'M-1', point: 1, ts: NOW, value: 700n },
    { code: 'M-1', point: 1, ts: NOW + MINUTE, value: 700n },
  ]);
});

test("a foreign client cannot take over another gateway's connection by its client id", async () => {
  const city = await foreign('neuron');
  const victim = await city.connect('GW-0002');
  let closed = false;
  victim.client.once('close', () => {
    closed = true;
  });
  const neuron = await client(city, { clientId: 'GW-0002', username: GW, password: fixtureToken(GW) });
  await neuron.publishAsync('/neuron/a/read/resp', '{}', { qos: 1 });
  expect(closed).toBe(false);
});

test('a token as user name is for ThingsBoard only, and topics of another dialect end the connection', async () => {
  const city = await foreign('neuron');
  const neuron = await client(city, { username: GW, password: fixtureToken(GW) });
  const ended = new Promise<void>((done) => neuron.once('close', () => done()));
  neuron.publish('v1/gateway/telemetry', '{}', { qos: 1 });
  await ended;
  const bare = mqtt.connect(`mqtt://127.0.0.1:${city.ingest.mqttPort}`, {
    username: fixtureToken('GW-0002'),
    reconnectPeriod: 0,
    protocolVersion: 4,
  });
  onTestFinished(() => bare.endAsync(true));
  await expect(new Promise((_, refuse) => bare.once('error', refuse))).rejects.toThrow(/refused/);
});

test('what one foreign gateway publishes reaches no other', async () => {
  const city = await foreign('neuron');
  await city.owner.query("update registry.gateway set dialect = 'neuron' where code = 'GW-0002'");
  const first = await client(city, { username: GW, password: fixtureToken(GW) });
  const second = await client(city, { clientId: 'x', username: 'GW-0002', password: fixtureToken('GW-0002') });
  const heard: string[] = [];
  second.on('message', (topic) => heard.push(topic));
  await second.subscribeAsync('/neuron/app/read/resp');
  await first.publishAsync('/neuron/app/read/resp', '{}', { qos: 1 });
  await second.publishAsync('/neuron/app/read/resp', '{}', { qos: 1 });
  expect(heard).toEqual([]);
});
