import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayState, HOUR, MINUTE, SECOND } from '@ganzhi/schemas';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AckBroker, startAckBroker } from '../testing/ack-broker.ts';
import { type ManualClock, manualClock } from './clock/index.ts';
import { parseGatewayConfig } from './config.ts';
import type { MeterDriver } from './drivers/driver.ts';
import { createGateway, type Gateway } from './gateway.ts';

const NOON = Date.parse('2026-11-23T12:00:00+08:00');
let folder: string;
let broker: AckBroker;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ganzhi-timing-'));
  broker = await startAckBroker();
});
afterEach(async () => {
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
});

const driver: MeterDriver = {
  protocol: 'test',
  bus: 'one',
  open: async () => undefined,
  read: async () => ({ values: [{ quantity: 'power', value: 1, quality: 0 }], failures: [], withoutValue: [] }),
  close: async () => undefined,
};
async function boot(clock: ManualClock): Promise<Gateway> {
  const connection = { protocol: 'modbus-tcp', host: '127.0.0.1', port: 502, unit: 1 };
  const config = parseGatewayConfig({
    ...{ code: 'GW-1', token: 'secret', mqttUrl: broker.url, dataDir: folder, replayPerS: 10_000 },
    meters: [{ code: 'M1', template: 'schneider-iem3000', intervalMs: MINUTE, points: ['power'], connection }],
  });
  const publisher = { reconnectMs: { min: 5, max: 20 }, heartbeatMs: 20 };
  const gateway = createGateway({ config, clock, logger: pino({ level: 'silent' }), drivers: () => driver, publisher });
  await gateway.start();
  return gateway;
}
const stored = async (gateway: Gateway, batches: number) => {
  await expect.poll(() => gateway.outbox().depth().batches).toBe(batches);
};
const stamps = () => broker.batches.flatMap(({ readings }) => readings.map(({ t }) => t)).sort((a, b) => a - b);
const lastState = () =>
  broker.seen
    .filter(({ topic }) => topic.endsWith('/state'))
    .map(({ payload }) => GatewayState.parse(JSON.parse(payload)))
    .at(-1);

test('a gateway that boots in 1970 keeps reading, also over a restart, and uploads the right hours when it learns the time', async () => {
  // The machine booted an hour before noon; its wall clock began at zero.
  const bootedAt = NOON - HOUR;
  await broker.shut();
  const first = manualClock(MINUTE, { monotonicMs: MINUTE });
  let gateway = await boot(first);
  await stored(gateway, 1);
  await first.advanceTo(3 * MINUTE);
  await stored(gateway, 3);
  await gateway.stop();

  const second = manualClock(10 * MINUTE, { monotonicMs: 10 * MINUTE });
  gateway = await boot(second);
  await stored(gateway, 4);
  expect(gateway.status()?.clock.state).toBe('unset');
  await second.advanceTo(60 * MINUTE);
  await stored(gateway, 54);
  broker.also = () => ({ serverAt: bootedAt + second.monotonicMs() });
  await broker.open();
  await broker.until(() => broker.batches.length >= 54);
  const minutes = [1, 2, 3, ...Array.from({ length: 51 }, (_, i) => 10 + i)];
  expect(stamps()).toEqual(minutes.map((minute) => bootedAt + minute * MINUTE));
  // An answer must not be under way while this clock leaps: it would be as old as the leap.
  await stored(gateway, 0);
  await second.advanceTo(60 * MINUTE + 10 * SECOND);
  await broker.until(() => broker.batches.length >= 55);
  await stored(gateway, 0);
  await second.advanceTo(61 * MINUTE);
  // From here on polls stand at whole minutes of the right time.
  await broker.until(() => stamps().includes(NOON + MINUTE));
  expect(stamps().at(-1)).toBe(NOON + MINUTE);
  await broker.until(() => lastState()?.at === 61 * MINUTE);
  expect(lastState()).toMatchObject({
    at: 61 * MINUTE,
    monotonicMs: 61 * MINUTE,
    bootId: 'boot-1',
    serverOffsetMs: -bootedAt,
  });
  await stored(gateway, 0);
  await gateway.stop();
});

test('a clock that is an hour ahead is corrected before its first value leaves', async () => {
  await broker.shut();
  const clock = manualClock(NOON + HOUR);
  const gateway = await boot(clock);
  await stored(gateway, 1);
  broker.also = () => ({ serverAt: NOON + clock.monotonicMs() });
  await broker.open();
  await broker.until(() => broker.batches.length === 1);
  expect(stamps()).toEqual([NOON]);
  const events = () =>
    broker.seen.filter(({ topic }) => topic.endsWith('/event')).map(({ payload }) => JSON.parse(payload));
  await broker.until(() => events().length > 0);
  expect(events()[0]).toMatchObject({
    kind: 'clock-set',
    detail: { reason: 'server', byMs: -HOUR, clock: 'confirmed' },
  });
  await gateway.stop();
});

test('a server that tells no time gets the values of a clock that looks right at once', async () => {
  const gateway = await boot(manualClock(NOON));
  await broker.until(() => broker.batches.length === 1);
  expect(stamps()).toEqual([NOON]);
  await broker.until(() => lastState()?.clock === 'unconfirmed');
  await gateway.stop();
});
