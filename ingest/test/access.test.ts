import { connect as tcp } from 'node:net';
import { downTopic, MAX_MESSAGE_BYTES, upTopic } from '@ganzhi/schemas';
import { fixtureToken } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { connectFrame } from './frames.ts';
import { harness, NOW, until } from './harness.ts';
import { batchOf, Publisher } from './publisher.ts';

const TWO = { gateways: ['GW-0001', 'GW-0002'] };
/** The tests with wrong peers share one: none of them may harm it. */
const shared = await harness({}, TWO, afterAll);
const batch = () => batchOf([{ m: 'M-1', p: 'energy.import', t: NOW, x: 1 }]);

test.each([
  ['a wrong token', { password: 'guess' }],
  ['no token', { password: undefined }],
  ["another gateway's token", { password: 'token-of-GW-0002' }],
  ['a client id that is not the user name', { clientId: 'GW-0002' }],
  ['an unknown gateway', { clientId: 'GW-404', username: 'GW-404' }],
  ['a name that is a property of every object', { clientId: 'constructor', username: 'constructor' }],
  ['no user name', { username: undefined, password: undefined }],
])('%s is refused', async (_, credentials) => {
  const { ingest } = shared;
  const options = { ...credentials } as Parameters<typeof Publisher.connect>[2];
  await expect(Publisher.connect(ingest.mqttPort, 'GW-0001', options)).rejects.toThrow(/refused/);
});

test('a disabled gateway is refused, and a connected one is sent away when it is disabled', async () => {
  const { connect, owner, ingest } = await harness({ registryPollMs: 50 });
  const gateway = await connect();
  const closed = new Promise<void>((done) => gateway.client.once('close', () => done()));
  await owner.query('update registry.gateway set enabled = false');
  await closed;
  await expect(Publisher.connect(ingest.mqttPort)).rejects.toThrow(/refused/);
});

test.each([
  ["another gateway's telemetry", upTopic('GW-0002', 'telemetry')],
  ['its own down topics', downTopic('GW-0001', 'ack')],
  ['system topics', '$SYS/x'],
  ['the rest of the tree', 'anything'],
])('publishing to %s ends the connection and stores nothing', async (_, topic) => {
  const { connect, rows } = shared;
  const [before] = (await rows('select coalesce(max(id), 0) as id from metering.batch')) as [{ id: bigint }];
  const gateway = await connect();
  await expect(gateway.publish(topic, JSON.stringify(batch()))).rejects.toThrow('connection closed');
  expect(await rows('select from metering.batch where id > $1', [before.id])).toEqual([]);
});

test('a kind of message from a newer firmware is acknowledged and left aside', async () => {
  const { connect, ingest } = shared;
  const gateway = await connect();
  await gateway.publish(`${upTopic('GW-0001', 'event')}/detail`, 'x');
  const metrics = await (await fetch(`http://127.0.0.1:${ingest.httpPort}/metrics`)).text();
  expect(metrics).toContain('ganzhi_ingest_messages_total{source="mqtt",result="ignored"} 1');
});

test.each([
  downTopic('GW-0002', 'ack'),
  upTopic('GW-0001', 'telemetry'),
  'ganzhi/v1/+/down/ack',
  '$share/group/ganzhi/v1/GW-0001/down/ack',
  '$SYS/#',
  '#',
  '+/+/+/+/+',
])('subscribing to %s is refused and the connection stays', async (filter) => {
  const { connect } = shared;
  const gateway = await connect();
  await expect(gateway.client.subscribeAsync(filter)).rejects.toThrow();
  await gateway.send(batch());
});

test("nobody hears another gateway's acknowledgement", async () => {
  const { connect } = shared;
  const [first, second] = [await connect('GW-0001'), await connect('GW-0002')];
  await first.send(batch());
  await until(() => first.acks.length > 0);
  await second.send(batchOf([]));
  await until(() => second.acks.length > 0);
  expect(second.acks).toHaveLength(1);
});

test('a message over the limit ends its connection, is counted, and costs nobody else', async () => {
  const { connect, ingest } = shared;
  const [large, other] = [await connect('GW-0001'), await connect('GW-0002')];
  await expect(large.send(Buffer.alloc(MAX_MESSAGE_BYTES + 2_048, 32))).rejects.toThrow('connection closed');
  await other.send(batch());
  const metrics = await (await fetch(`http://127.0.0.1:${ingest.httpPort}/metrics`)).text();
  expect(metrics).toContain('ganzhi_ingest_messages_total{source="mqtt",result="oversize"} 1');
});

const connectPacket = connectFrame('GW-0001', fixtureToken('GW-0001'));

test.each([
  ['random text', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['a publish before the connect', Buffer.from([0x30, 0x02, 0x00, 0x00])],
  ['a connect that announces 256 MiB', Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f])],
  ['a length that never ends', Buffer.from([0x10, 0x80, 0x80, 0x80, 0x80, 0x80])],
  ['a frame of an unknown kind after a good connect', Buffer.concat([connectPacket, Buffer.from([0xf0, 0x01, 0x00])])],
  ['a cut-off topic after a good connect', Buffer.concat([connectPacket, Buffer.from([0x32, 0x03, 0xff, 0xff, 0x00])])],
  ['two connects', Buffer.concat([connectPacket, connectPacket])],
])('%s ends that connection and no other', async (_, bytes) => {
  const { ingest, connect } = shared;
  const other = await connect('GW-0002');
  const socket = tcp(ingest.mqttPort, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  const closed = new Promise((done) => socket.once('close', done));
  socket.write(bytes);
  await closed;
  await other.send(batch());
});
