import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayMeta, GatewayState } from '@ganzhi/schemas';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AckBroker, startAckBroker } from '../testing/ack-broker.ts';
import { manualClock } from './clock.ts';
import { type Outbox, openOutbox } from './outbox.ts';
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
    meta: { v: 1, firmware: 'test', startedAt: 5, meters: [], simulatedTime: false },
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
