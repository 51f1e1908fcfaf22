import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { downTopic, MINUTE, parseTopic, TelemetryBatch } from '@ganzhi/schemas';
import mqtt from 'mqtt';
import { pino } from 'pino';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { findMosquitto, type Mosquitto, startMosquitto } from '../../testing/mosquitto.ts';
import { hasPymodbus, startPymodbus } from '../../testing/pymodbus.ts';
import { manualClock } from '../clock/index.ts';
import { parseGatewayConfig } from '../config.ts';
import { createGateway } from '../gateway.ts';

/** Nothing of ours at either end: the meters are pymodbus, the broker is Mosquitto. */
const program = findMosquitto();
const NOON = Date.parse('2026-11-23T12:00:00+08:00');
const WITHIN = { timeout: 20_000, interval: 20 };

test.runIf(process.env.CI)('CI has a Mosquitto and a pymodbus (.ci/run installs them)', () => {
  expect([program !== undefined, hasPymodbus()]).toEqual([true, true]);
});

let open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.reverse()) await close();
  open = [];
});

/** What a server does: takes batches, and acknowledges each on `down/ack`. */
async function acknowledging({ url }: Mosquitto): Promise<TelemetryBatch[]> {
  const batches: TelemetryBatch[] = [];
  const client = await mqtt.connectAsync(url, { clientId: 'server', reconnectPeriod: 100, clean: true });
  client.on('error', () => undefined); // the broker is killed on purpose; the client comes back
  open.push(() => client.endAsync(true));
  client.on('message', (topic, payload) => {
    const parsed = parseTopic(topic);
    if (parsed?.kind !== 'telemetry') return;
    const batch = TelemetryBatch.parse(JSON.parse(payload.toString()));
    // An empty batch only asks the time.
    if (batch.readings.length > 0) batches.push(batch);
    const ack = { batch: batch.batch, status: 'stored', rejected: [] };
    client.publish(downTopic(parsed.gateway, 'ack'), JSON.stringify(ack), { qos: 1 });
  });
  await client.subscribeAsync('ganzhi/v1/+/up/#', { qos: 1 });
  return batches;
}

describe.skipIf(!program || !hasPymodbus())('foreign meters over a foreign broker', () => {
  test('scans arrive, and those of a broker outage come when it is back: each reading once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ganzhi-foreign-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const meters = await startPymodbus('tcp', {
      1: [{ fc: 3, address: 0x0c83, type: 'i64', value: 12_345_678 }],
      2: [{ fc: 4, address: 0x48, type: 'f32', value: 12_345.67 }],
    });
    open.push(() => meters.stop());
    const broker = await startMosquitto(program ?? '');
    open.push(() => broker.stop());
    const batches = await acknowledging(broker);

    const meter = (code: string, template: string, unit: number) => ({
      code,
      template,
      intervalMs: MINUTE,
      points: ['energy.import'],
      connection: { protocol: 'modbus-tcp', host: '127.0.0.1', port: meters.port, unit, timeoutMs: 5_000 },
    });
    const gateway = createGateway({
      config: parseGatewayConfig({
        code: 'GW-1',
        token: 'unused',
        mqttUrl: broker.url,
        dataDir: folder,
        meters: [meter('M1', 'schneider-iem3000', 1), meter('M2', 'eastron-sdm630', 2)],
      }),
      clock: manualClock(NOON),
      logger: pino({ level: 'silent' }),
      schedule: false,
      // A batch that came before the server had subscribed again is sent once more.
      publisher: { ackTimeoutMs: 1_000 },
    });
    await gateway.start();
    open.push(() => gateway.stop());

    await gateway.scanAt(NOON);
    await vi.waitFor(() => expect(batches).toHaveLength(1), WITHIN);
    expect(batches[0]?.readings.map(({ m, x }) => [m, Number(Number(x).toFixed(2))])).toEqual([
      ['M1', 12_345.68],
      ['M2', 12_345.67],
    ]);
    await broker.kill();
    await gateway.scanAt(NOON + MINUTE);
    await gateway.scanAt(NOON + 2 * MINUTE);
    await broker.restart();
    await vi.waitFor(() => expect(new Set(batches.map(({ seq }) => seq))).toEqual(new Set([0, 1, 2])), WITHIN);
    const once = [...new Map(batches.map((batch) => [batch.batch, batch])).values()].sort((a, b) => a.seq - b.seq);
    expect(once.map(({ readings }) => readings.map(({ t }) => t))).toEqual(
      [0, 1, 2].map((n) => [NOON + n * MINUTE, NOON + n * MINUTE]),
    );
  });
});
