import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MINUTE, ModbusTemplate } from '@ganzhi/schemas';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ModbusServer, startModbusServer } from '../city/servers/modbus-server.ts';
import { type AckBroker, startAckBroker } from '../testing/ack-broker.ts';
import { manualClock } from './clock/index.ts';
import { parseGatewayConfig } from './config.ts';
import { createGateway } from './gateway.ts';
import { startGateways } from './main.ts';
import { createMetrics } from './metrics.ts';
import { templateById } from './templates/index.ts';

const NOON = Date.parse('2026-11-23T12:00:00+08:00');
const logger = pino({ level: 'silent' });
let folder: string;
let broker: AckBroker;
let site: ModbusServer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ganzhi-gateway-'));
  broker = await startAckBroker();
  const template = ModbusTemplate.parse(templateById('schneider-iem3000'));
  const units = new Map([1, 2].map((n) => [n, { template, registers: () => ({ 'energy.import': n * 10, power: n }) }]));
  site = await startModbusServer({ units, clock: { now: () => 0 } });
});
afterEach(async () => {
  await site.stop();
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
});

const meter = (n: number) => ({
  code: `M${n}`,
  template: 'schneider-iem3000',
  intervalMs: MINUTE,
  points: ['energy.import', 'power'],
  connection: { protocol: 'modbus-tcp', host: '127.0.0.1', port: site.port, unit: n, timeoutMs: 500 },
});
const config = () => ({
  code: 'GW-1',
  token: 'secret',
  mqttUrl: broker.url,
  dataDir: folder,
  meters: [meter(1), meter(2)],
});

test('a scan of the whole gateway is one batch; a dead meter is named and costs only its own values', async () => {
  site.setFault(2, 'silent');
  const clock = manualClock(NOON);
  const metrics = createMetrics(() => clock.now(), { processMetrics: false });
  let watched = 0;
  const watch: typeof metrics.watch = (gauges) => {
    watched += 1;
    const end = metrics.watch(gauges);
    return () => {
      watched -= 1;
      end();
    };
  };
  const gateway = createGateway({
    config: parseGatewayConfig(config()),
    clock,
    logger,
    metrics: { ...metrics, watch },
  });
  await gateway.start();
  await broker.until(() => broker.batches.length === 1);
  await clock.advanceTo(NOON + MINUTE);
  await broker.until(() => broker.batches.length === 2);
  const [, second] = broker.batches;
  expect(second?.readings).toEqual([
    { m: 'M1', p: 'power', t: NOON + MINUTE, x: 1, q: 0 },
    { m: 'M1', p: 'energy.import', t: NOON + MINUTE, x: 10, q: 0 },
  ]);
  expect(second?.errors).toEqual([{ m: 'M2', t: NOON + MINUTE, code: 'read-timeout' }]);
  expect(broker.batches.map(({ seq }) => seq)).toEqual([0, 1]);
  expect(await metrics.registry.metrics()).toContain(
    'ganzhi_gateway_poll_errors_total{protocol="modbus",kind="read-timeout"} 2',
  );
  await gateway.stop();
  // started anew in its process, as remote care does, it is one gateway and not two
  await gateway.start();
  expect(watched).toBe(1);
  await gateway.stop();
  expect(watched).toBe(0);
});

test('a bus that takes connections and never answers costs the meters of other buses nothing', async () => {
  const held: Socket[] = [];
  const silent = createServer((socket) => held.push(socket));
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', () => done()));
  const { port } = silent.address() as AddressInfo;
  const hung = { ...meter(3), connection: { ...meter(3).connection, port, timeoutMs: 1_500 } };
  const clock = manualClock(NOON);
  const gateway = createGateway({
    config: parseGatewayConfig({ ...config(), meters: [meter(1), hung] }),
    clock,
    logger,
  });
  await gateway.start();
  for (const tick of [1, 2]) {
    await broker.until(() => broker.batches.length >= tick);
    expect(broker.batches.map(({ errors }) => errors)).toEqual(Array(tick).fill([]));
    await clock.advanceTo(NOON + tick * MINUTE);
  }
  await gateway.stop();
  for (const socket of held) socket.destroy();
  await new Promise((done) => silent.close(done));
});

test('what was read while the broker was away is sent when it is back, also after a restart of the gateway', async () => {
  await broker.shut();
  const clock = manualClock(NOON);
  const options = { config: parseGatewayConfig(config()), clock, logger, schedule: false };
  const before = createGateway(options);
  await before.start();
  await before.scanAt(NOON);
  await before.scanAt(NOON + MINUTE);
  await before.stop();
  expect(broker.batches).toEqual([]);

  await broker.open();
  const after = createGateway(options);
  await after.start();
  await after.scanAt(NOON + 2 * MINUTE);
  await broker.until(() => broker.batches.length === 3);
  expect(broker.batches.map(({ seq, readings }) => [seq, readings[0]?.t])).toEqual([
    [0, NOON],
    [1, NOON + MINUTE],
    [2, NOON + 2 * MINUTE],
  ]);
  await after.stop();
});

test('startGateways serves health and metrics', async () => {
  const running = await startGateways({ configs: [config()], host: '127.0.0.1', httpPort: 0, logger });
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${running.httpPort}${path}`);
    return { status: response.status, body: await response.text() };
  };
  await broker.until(() => broker.batches.length > 0);
  expect(await get('/livez')).toEqual({ status: 200, body: '{"status":"ok"}' });
  expect((await get('/readyz')).status).toBe(200);
  const [status] = JSON.parse((await get('/gateways')).body);
  expect(status).toMatchObject({ code: 'GW-1', connected: true, replay: { backlogReadings: 0, etaS: 0 } });
  await broker.shut();
  expect((await get('/metrics')).body).toMatch(/ganzhi_outbox_batches[\s\S]*ganzhi_outbox_backlog_eta_seconds 0/);
  expect((await get('/nothing')).status).toBe(404);
  await running.stop();
  await broker.open();
});

test('a wrong configuration names every field and opens nothing', async () => {
  const wrong = { ...config(), token: undefined, code: 'GW/1', meters: [meter(1), meter(1)] };
  const start = startGateways({ configs: [wrong], host: '127.0.0.1', httpPort: 0, logger });
  await expect(start).rejects.toThrow(/code: .*\n.*/);
  const foreign = { ...meter(1), points: ['water.volume'] };
  const start2 = startGateways({
    configs: [{ ...config(), meters: [foreign] }],
    host: '127.0.0.1',
    httpPort: 0,
    logger,
  });
  await expect(start2).rejects.toThrow('M1: schneider-iem3000 has no water.volume');
});

test('a port that is taken is said', async () => {
  const start = startGateways({ configs: [], host: '127.0.0.1', httpPort: site.port, logger });
  await expect(start).rejects.toMatchObject({ code: 'port-taken' });
});
