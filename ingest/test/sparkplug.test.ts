import { readFileSync } from 'node:fs';
import { fixtureToken } from '@ganzhi/schemas/testing';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { decodeEdge } from '../src/dialects/sparkplug/payload.ts';
import { type Harness, harness, until } from './harness.ts';
import { Publisher } from './publisher.ts';

const GW = 'GW-0001';
const Session = z.object({ birthMs: z.int(), messages: z.record(z.string(), z.string()) });
const FILE = new URL('../testcases/sparkplug/tahu-python.json', import.meta.url);
const { birthMs: T, messages } = Session.parse(JSON.parse(readFileSync(FILE, 'utf8')));
const bytes = (name: string): Buffer => Buffer.from(messages[name] ?? '', 'base64');
const READINGS = 'select m.code, ts, value from metering.reading join registry.meter m on m.id = meter_id order by ts';
const topic = (kind: string): string => `spBv1.0/CZ/${kind}/edge-1${kind.startsWith('D') ? '/meter-7' : ''}`;

async function city(): Promise<Harness> {
  const bed = await harness(
    { registryPollMs: 50, clock: { now: () => T + 200_000 } },
    { gateways: [GW, 'GW-0002'], meters: [{ code: 'M-1' }] },
  );
  await bed.owner.query("update registry.gateway set dialect = 'sparkplug' where code = $1", [GW]);
  await bed.owner.query(
    `insert into registry.dialect_tag (gateway_id, device, tag, meter_id, point)
     select g.id, 'CZ/edge-1/meter-7', 'Energy', m.id, 1 from registry.gateway g, registry.meter m where g.code = $1`,
    [GW],
  );
  // started again, so that it knows its registry: a change is seen within seconds only
  await bed.ingest.stop();
  return { ...bed, ingest: await bed.start() };
}

/** An edge node as it connects: a will that is its death, and an ear for its commands. */
async function edge(
  { ingest }: Harness,
  options: IClientOptions = {},
): Promise<{ client: MqttClient; heard: Buffer[] }> {
  const client = await mqtt.connectAsync(
    `mqtt://127.0.0.1:${ingest.mqttPort}`,
    {
      clientId: 'edge-1',
      username: GW,
      password: fixtureToken(GW),
      protocolVersion: 4,
      reconnectPeriod: 0,
      will: { topic: topic('NDEATH'), payload: bytes('ndeath'), qos: 1, retain: false },
      ...options,
    },
    false,
  );
  onTestFinished(() => client.endAsync(true));
  client.on('error', () => undefined);
  const heard: Buffer[] = [];
  client.on('message', (_topic, payload) => heard.push(payload));
  await client.subscribeAsync(['spBv1.0/CZ/NCMD/edge-1/#', 'spBv1.0/CZ/DCMD/edge-1/#'], { qos: 1 });
  return { client, heard };
}

test('births and data are stored, names by alias; the same message twice is once', async () => {
  const here = await city();
  const { client, heard } = await edge(here);
  const say = (kind: string, name: string) => client.publishAsync(topic(kind), bytes(name), { qos: 1 });
  await say('NBIRTH', 'nbirth');
  await say('DBIRTH', 'dbirth');
  await say('DDATA', 'ddata');
  await say('DDATA', 'ddata');
  expect(await here.rows(READINGS)).toEqual([
    { code: 'M-1', ts: T, value: 1_234_567n },
    { code: 'M-1', ts: T + 60_000, value: 1_234_650n },
  ]);
  expect(heard).toEqual([]);
  await say('DDEATH', 'ddeath');
  expect(await here.rows('select code from metering.read_failure')).toEqual([{ code: 'read-disconnected' }]);
});

test('a node without birth: its data wait in quarantine, it is asked for its birth, and once is enough', async () => {
  const here = await city();
  const { client, heard } = await edge(here);
  await client.publishAsync(topic('DDATA'), bytes('ddata'), { qos: 1 });
  await client.publishAsync(topic('DDATA'), bytes('ddataNext'), { qos: 1 });
  await until(() => heard.length > 0);
  expect(decodeEdge(heard[0] ?? Buffer.alloc(0))).toMatchObject({ metrics: [{ name: 'Node Control/Rebirth' }] });
  const kept =
    "select reason, payload->>'p' as alias, payload->>'x' as x from metering.quarantine where reason = 'no-birth' order by id";
  expect(await here.rows(kept)).toEqual(
    expect.arrayContaining([
      { reason: 'no-birth', alias: '#0', x: '12346.5' },
      { reason: 'no-birth', alias: '#0', x: '12347' },
    ]),
  );
  await client.publishAsync(topic('NBIRTH'), bytes('nbirth'), { qos: 1 });
  await client.publishAsync(topic('DBIRTH'), bytes('dbirth'), { qos: 1 });
  await client.publishAsync(topic('DDATA'), bytes('ddataNext'), { qos: 1 });
  expect(await here.rows(READINGS)).toHaveLength(2);
  expect(heard).toHaveLength(1);
  const metrics = await (await fetch(`http://127.0.0.1:${here.ingest.httpPort}/metrics`)).text();
  expect(metrics).toContain('ganzhi_sparkplug_rebirths_total 1');
});

test('a broken connection is a death: after it, data need a birth again', async () => {
  const here = await city();
  const first = await edge(here);
  await first.client.publishAsync(topic('NBIRTH'), bytes('nbirth'), { qos: 1 });
  await first.client.publishAsync(topic('DBIRTH'), bytes('dbirth'), { qos: 1 });
  await first.client.endAsync(true);
  const second = await edge(here, { clientId: 'edge-1b' });
  await second.client.publishAsync(topic('DDATA'), bytes('ddata'), { qos: 1 });
  await until(() => second.heard.length > 0);
  expect(await here.rows(READINGS)).toHaveLength(1);
});

test('data at QoS 0, as Sparkplug sends them, are stored as well; a payload of random bytes waits for a person', async () => {
  const here = await city();
  const { client } = await edge(here);
  for (const [kind, name] of [
    ['NBIRTH', 'nbirth'],
    ['DBIRTH', 'dbirth'],
    ['DDATA', 'ddata'],
  ] as const) {
    client.publish(topic(kind), bytes(name), { qos: 0 });
  }
  await until(async () => (await here.rows(READINGS)).length === 2);
  await client.publishAsync(topic('NDATA'), Buffer.from('ffffffff', 'hex'), { qos: 1 });
  expect(await here.rows("select from metering.quarantine where reason = 'invalid-payload'")).toHaveLength(1);
});

test('commands and states of hosts are not for an edge node to publish, and no other gateway hears a command', async () => {
  const here = await city();
  const other = await Publisher.connect(here.ingest.mqttPort, 'GW-0002');
  onTestFinished(() => other.close());
  await expect(other.client.subscribeAsync('spBv1.0/CZ/NCMD/edge-1')).rejects.toThrow();
  for (const forbidden of ['spBv1.0/CZ/NCMD/edge-1', 'spBv1.0/STATE/host', 'v1/gateway/telemetry']) {
    const { client } = await edge(here);
    const ended = new Promise<void>((done) => client.once('close', () => done()));
    client.publish(forbidden, 'x', { qos: 1 });
    await ended;
  }
});
