import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayMeta, GatewayState } from '@ganzhi/schemas';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AckBroker, startAckBroker } from '../../testing/ack-broker.ts';
import { manualClock } from '../clock/index.ts';
import { type Outbox, openOutbox } from '../outbox/index.ts';
import { createPublisher, type Publisher, type PublisherOptions } from './publisher.ts';

let folder: string;
let broker: AckBroker;
let outbox: Outbox;
let publisher: Publisher;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ganzhi-publisher-'));
  broker = await startAckBroker({ password: 'secret' });
  outbox = openOutbox({ path: join(folder, 'outbox.db') });
});
afterEach(async () => {
  await publisher.stop();
  outbox.close();
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
});

function start(options: Partial<PublisherOptions> = {}): void {
  publisher = createPublisher({
    gateway: 'GW-1',
    token: 'secret',
    mqttUrl: broker.url,
    meta: () => ({ v: 1, firmware: 'test', startedAt: 5, meters: [], simulatedTime: false }),
    outbox,
    clock: manualClock(1_000),
    logger: pino({ level: 'silent' }),
    reconnectMs: { min: 5, max: 20 },
    ...options,
  });
  publisher.start();
}
const put = (lane: 'live' | 'backlog', t: number) =>
  outbox.append(lane, { readings: [{ m: 'M1', p: 'power', t, x: 1, q: 0 }], errors: [] }, t);
const empty = () =>
  new Promise<void>((resolve) => {
    const look = () => outbox.depth().batches === 0 && resolve();
    outbox.onChange(look);
    look();
  });
const times = () => broker.batches.map(({ readings }) => readings[0]?.t);

test('birth, state and batches go out; an acknowledged batch leaves the outbox', async () => {
  put('backlog', 1);
  put('live', 2);
  start();
  await empty();
  put('live', 3);
  await empty();
  expect(times()).toEqual([2, 1, 3]);
  const retained = broker.seen.filter(({ retain }) => retain);
  expect(retained.map(({ topic }) => topic)).toEqual(['ganzhi/v1/GW-1/up/meta', 'ganzhi/v1/GW-1/up/state']);
  expect(GatewayMeta.parse(JSON.parse(retained[0]?.payload ?? '')).startedAt).toBe(5);
  const state = GatewayState.parse(JSON.parse(retained[1]?.payload ?? ''));
  expect(state).toMatchObject({ state: 'online', at: 1_000, outboxReadings: 2, outboxOldestAt: 1 });
});

test('without an acknowledgement a batch stays, and at most a window of them is under way', async () => {
  broker.decide = () => undefined;
  for (let t = 1; t <= 5; t += 1) put('live', t);
  start({ window: 2 });
  await broker.until(() => broker.batches.length >= 2);
  put('backlog', 9);
  await broker.until(() => broker.batches.length >= 3);
  expect(times()).toEqual([1, 2, 9]);
  expect(outbox.depth().batches).toBe(6);
});

test('a reconnect sends again, byte for byte, what was not acknowledged', async () => {
  broker.decide = () => undefined;
  put('live', 1);
  put('live', 2);
  start();
  await broker.until(() => broker.batches.length === 2);
  await broker.shut();
  broker.decide = () => 'stored';
  await broker.open();
  await empty();
  const payloads = broker.seen.filter(({ topic }) => topic.endsWith('telemetry')).map(({ payload }) => payload);
  expect(payloads.slice(2)).toEqual(payloads.slice(0, 2));
});

test('a batch that waits too long is sent again on the same connection', async () => {
  broker.decide = () => (broker.batches.length > 1 ? 'stored' : undefined);
  put('live', 1);
  start({ ackTimeoutMs: 50 });
  await empty();
  expect(times()).toEqual([1, 1]);
});

test('a rejected batch is in quarantine at the server: it leaves too', async () => {
  broker.decide = () => 'rejected';
  put('live', 1);
  start();
  await empty();
  expect(times()).toEqual([1]);
});

test('a wrong token keeps everything and keeps trying', async () => {
  put('live', 1);
  start({ token: 'wrong' });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(publisher.isConnected()).toBe(false);
  expect(outbox.depth().batches).toBe(1);
});

test('a stop says offline; a lost connection makes the broker say it', async () => {
  const offline = () =>
    broker.seen.filter(({ topic, payload }) => topic.endsWith('state') && payload.includes('offline'));
  start();
  await broker.until(() => broker.seen.length >= 2);
  await publisher.stop();
  expect(offline()).toHaveLength(1);
});

test('what could not be sent while it was live is backlog: the newest values go first, the rest at the granted rate', async () => {
  const clock = manualClock(1_000);
  for (let t = 1; t <= 20; t += 1) put('live', t);
  await clock.advanceTo(600_000);
  put('live', 590_000);
  broker.also = () => ({ grant: { replayPerS: 40, forS: 60 } });
  start({ clock, replay: { defaultPerS: 1 }, window: 4, liveForMs: 60_000 });
  outbox.demote(540_000, 0);
  expect(publisher.progress()).toEqual({ backlogReadings: 20, replayPerS: 1, etaS: 20 });
  await empty();
  expect(times()).toEqual([590_000, ...Array.from({ length: 20 }, (_, i) => i + 1)]);
  expect(broker.batches.map(({ replay }) => replay)).toEqual([false, ...Array(20).fill(true)]);
  expect(publisher.progress()).toMatchObject({ backlogReadings: 0, replayPerS: 40, etaS: 0 });
});

test('the heartbeat says what waits behind the live values, and how long it will take', async () => {
  for (let t = 1; t <= 3; t += 1) put('backlog', t);
  broker.decide = () => undefined;
  start({ heartbeatMs: 20, replay: { defaultPerS: 0.5 } });
  const states = () =>
    broker.seen
      .filter(({ topic }) => topic.endsWith('state'))
      .map(({ payload }) => GatewayState.parse(JSON.parse(payload)));
  await broker.until(() => states().length > 1);
  expect(states().at(-1)).toMatchObject({ backlogReadings: 3, replayPerS: 0.5, backlogEtaS: 6, bootId: 'boot-1' });
});

test('an event of an outage is sent after it, also when the gateway was restarted in between', async () => {
  await broker.shut();
  start();
  publisher.event('door-open', { door: 1 });
  await publisher.stop();
  outbox.close();
  outbox = openOutbox({ path: join(folder, 'outbox.db') });
  await broker.open();
  start();
  const events = () => broker.seen.filter(({ topic }) => topic.endsWith('event'));
  await broker.until(() => events().length > 0);
  expect(JSON.parse(events()[0]?.payload ?? '')).toMatchObject({ kind: 'door-open', at: 1_000, detail: { door: 1 } });
  await expect.poll(() => outbox.events.take(5)).toEqual([]);
});
