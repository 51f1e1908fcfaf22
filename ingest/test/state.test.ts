import { connect as tcp } from 'node:net';
import { MINUTE, upTopic } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { type Harness, harness, NOW, until } from './harness.ts';
import { batchOf, Publisher } from './publisher.ts';

type State = {
  readonly clock_state: string | null;
  online: boolean;
  outbox_readings: bigint | null;
  outbox_oldest_at: number | null;
  firmware: string | null;
};
const stateOf = async ({ rows }: Harness): Promise<State | undefined> => {
  const [state] = await rows('select * from metering.gateway_state');
  return state as State | undefined;
};

test('heartbeat and birth are kept: clock offset, outbox, firmware', async () => {
  const city = await harness();
  const gateway = await city.connect();
  const heartbeat = { v: 1, state: 'online', at: NOW - 1_500, outboxReadings: 12, outboxOldestAt: NOW - MINUTE };
  await gateway.publish(upTopic('GW-0001', 'state'), JSON.stringify(heartbeat));
  const birth = { v: 1, firmware: '1.2.3', startedAt: NOW, meters: [] };
  await gateway.publish(upTopic('GW-0001', 'meta'), JSON.stringify(birth));
  await until(async () => (await stateOf(city))?.firmware === '1.2.3');
  expect(await stateOf(city)).toMatchObject({
    online: true,
    last_seen_at: NOW,
    outbox_readings: 12n,
    outbox_oldest_at: NOW - MINUTE,
    clock_offset_ms: -1_500n,
    simulated_time: false,
  });
  await gateway.publish(upTopic('GW-0001', 'state'), JSON.stringify({ v: 1, state: 'online', outboxReadings: 0 }));
  await until(async () => (await stateOf(city))?.outbox_readings === 0n);
  expect(await stateOf(city)).toMatchObject({ outbox_oldest_at: null, clock_offset_ms: -1_500n, firmware: '1.2.3' });
});

test('what a gateway says of its own time is kept, a clock in 1970 and nonsense included', async () => {
  const city = await harness();
  const gateway = await city.connect();
  const say = (more: object) =>
    gateway.publish(upTopic('GW-0001', 'state'), JSON.stringify({ v: 1, state: 'online', ...more }));
  await say({ at: 5_000, clock: 'unset', monotonicMs: 5_000.4, bootId: 'b-1', outboxReadings: 1 });
  await until(async () => (await stateOf(city))?.clock_state === 'unset');
  expect(await stateOf(city)).toMatchObject({
    clock_state: 'unset',
    clock_wall_at: 5_000,
    clock_monotonic_ms: 5_000n,
    clock_boot_id: 'b-1',
    clock_server_offset_ms: null,
    clock_said_at: NOW,
  });
  await say({ at: -1e15, clock: 'confirmed', monotonicMs: 1e300, serverOffsetMs: -7.6, outboxReadings: 2 });
  await until(async () => (await stateOf(city))?.clock_state === 'confirmed');
  expect(await stateOf(city)).toMatchObject({
    clock_state: 'confirmed',
    clock_wall_at: null,
    clock_monotonic_ms: null,
    clock_boot_id: null,
    clock_server_offset_ms: -8n,
  });
});

test('a connection that breaks is offline by its last will, one that says good-bye without a word as well', async () => {
  const city = await harness();
  const will = {
    topic: upTopic('GW-0001', 'state'),
    payload: Buffer.from('{"v":1,"state":"offline"}'),
    qos: 1,
    retain: true,
  } as const;
  const gateway = await Publisher.connect(city.ingest.mqttPort, 'GW-0001', { will });
  await until(async () => (await stateOf(city))?.online === true);
  gateway.client.stream.destroy();
  await until(async () => (await stateOf(city))?.online === false);
  const again = await city.connect();
  await until(async () => (await stateOf(city))?.online === true);
  await again.client.endAsync();
  await until(async () => (await stateOf(city))?.online === false);
});

test('a gateway that reconnects over its own dead connection is online', async () => {
  const city = await harness();
  await city.connect();
  const second = await city.connect();
  await second.send(batchOf([]));
  await until(async () => (await stateOf(city))?.online === true);
  await new Promise((done) => setTimeout(done, 300));
  expect(await stateOf(city)).toMatchObject({ online: true });
});

test('after a restart nobody counts as connected who is not', async () => {
  const city = await harness();
  await city.owner.query(
    `insert into metering.gateway_state (gateway_id, online, changed_at, last_seen_at)
     select id, true, $1, $1 from registry.gateway`,
    [new Date(NOW - MINUTE).toISOString()],
  );
  await city.start();
  expect(await stateOf(city)).toMatchObject({ online: false, last_seen_at: NOW - MINUTE });
});

test('a port that is taken is said in words and leaves nothing running', async () => {
  const city = await harness();
  await expect(city.start({ mqttPort: city.ingest.mqttPort })).rejects.toMatchObject({
    code: 'port-taken',
    message: expect.stringContaining('choose another port'),
  });
  await expect(city.start({ httpPort: city.ingest.httpPort })).rejects.toMatchObject({ code: 'port-taken' });
});

test('a peer that connects and says nothing does not hold up a stop', async () => {
  const city = await harness();
  const socket = tcp(city.ingest.mqttPort, '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise((done) => socket.once('connect', done));
  await city.ingest.stop();
  socket.destroy();
});
