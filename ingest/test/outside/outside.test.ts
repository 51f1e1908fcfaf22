import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MINUTE, type TelemetryBatch, upTopic } from '@ganzhi/schemas';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { IngestOptions } from '../../src/index.ts';
import { type Harness, harness, NOW, until } from '../harness.ts';
import { batchOf, Publisher } from '../publisher.ts';
import { findMosquitto, INGEST_PASSWORD, INGEST_USER, type Mosquitto, startMosquitto } from './mosquitto.ts';

const program = findMosquitto();
const UNDER_WAY = 20;
const PATIENCE_MS = 100;
const GATEWAYS = ['GW-0001', 'GW-0002', 'GW-0003'];
const reading = (k: number, x = k, m = 'M-1') => ({ m, p: 'energy.import', t: NOW - k * MINUTE, x });

test.runIf(process.env.CI)('CI has a Mosquitto to test with (.ci/run installs it)', () => {
  expect(program).toBeDefined();
});

describe.skipIf(program === undefined)(
  'with an outside broker (skipped without Mosquitto: apt-get install mosquitto)',
  () => {
    test('acknowledged on down/ack after the commit; state and birth are seen; the embedded broker stays away', async () => {
      const { city, broker } = await outside({}, { gateways: GATEWAYS });
      expect(city.ingest.mqttPort).toBe(0);
      const gateway = await connect(broker);
      await gateway.publish(upTopic('GW-0001', 'state'), JSON.stringify({ v: 1, state: 'online', at: NOW - 5_000 }));
      const batch = batchOf([reading(0, 12.34), reading(0, 1, 'M-404')]);
      await gateway.send(batch);
      await until(() => gateway.acks.length > 0);
      expect(gateway.acks).toMatchObject([
        { batch: batch.batch, status: 'stored', rejected: [{ i: 1, code: 'unknown-meter' }] },
      ]);
      expect(await city.rows('select value from metering.reading')).toEqual([{ value: 1234n }]);
      await until(
        async () =>
          (await city.rows('select from metering.gateway_state where online and clock_offset_ms = -5000')).length > 0,
      );
    });

    test('a retained state is believed, but its clock is old news', async () => {
      const broker = await mosquitto();
      const gateway = await Publisher.connect(broker.port);
      onTestFinished(() => gateway.close());
      await gateway.client.publishAsync(
        upTopic('GW-0001', 'state'),
        JSON.stringify({ v: 1, state: 'online', at: NOW - 60 * MINUTE, outboxReadings: 7 }),
        { qos: 1, retain: true },
      );
      const city = await harness({ broker: addressOf(broker) }, { gateways: GATEWAYS });
      await until(async () => (await city.rows('select from metering.gateway_state')).length > 0);
      expect(await city.rows('select online, outbox_readings, clock_offset_ms from metering.gateway_state')).toEqual([
        { online: true, outbox_readings: 7n, clock_offset_ms: null },
      ]);
    });

    test('no acknowledgement before the commit, though the broker has given its own', async () => {
      const { city, broker } = await outside({ broker: { url: '', connections: 1 } }, { gateways: GATEWAYS });
      const blocker = await city.superuser();
      await blocker.query("select metering.ensure_partition('metering.reading', $1)", [new Date(NOW).toISOString()]);
      await blocker.query('begin');
      await blocker.query('lock table metering.batch in exclusive mode');
      const gateway = await connect(broker);
      const sent = [batchOf([reading(0)]), batchOf([reading(1)]), batchOf([reading(2)])];
      await Promise.all(sent.map((batch) => gateway.send(batch)));
      expect(gateway.acks).toEqual([]);
      await blocker.query('commit');
      await until(() => gateway.acks.length === sent.length);
      expect(await city.rows('select from metering.reading')).toHaveLength(3);
    });

    test('a gateway that only the broker knows: kept whole for a person, and told so', async () => {
      const { city, broker } = await outside({}, { gateways: ['GW-0001'] });
      const stranger = await connect(broker, 'GW-0003');
      const batch = batchOf([reading(0)]);
      await stranger.send(batch);
      await until(() => stranger.acks.length > 0);
      expect(stranger.acks).toEqual([{ batch: batch.batch, status: 'rejected', rejected: [] }]);
      const [kept] = (await city.rows(
        "select gateway_code, reason, payload->>'message' as message from metering.quarantine",
      )) as [{ gateway_code: string; reason: string; message: string }];
      expect(kept).toMatchObject({ gateway_code: 'GW-0003', reason: 'unknown-gateway' });
      expect(JSON.parse(kept.message)).toEqual(batch);
    });

    test('a broker that dies and comes back is found again', async () => {
      const { city, broker } = await outside({}, { gateways: GATEWAYS });
      await broker.kill();
      await until(async () => (await ready(city.ingest.httpPort)).includes('not connected'));
      await broker.restart();
      await until(async () => (await ready(city.ingest.httpPort)).includes('"status":"ok"'));
      const gateway = await connect(broker);
      await gateway.send(batchOf([reading(0)]));
      await until(() => gateway.acks.length > 0);
      expect(await city.rows('select from metering.reading')).toHaveLength(1);
    });

    test('two processes share the load; one is killed with -9, then the broker: nothing is lost, nothing is doubled', async () => {
      const broker = await mosquitto();
      const city = await harness(
        { broker: addressOf(broker) },
        { gateways: GATEWAYS, meters: GATEWAYS.map((code) => ({ code: `M-${code}`, gateway: code })) },
      );
      const other = await spawnIngest({
        databaseUrl: city.database.url,
        mqttHost: '127.0.0.1',
        mqttPort: 0,
        httpHost: '127.0.0.1',
        httpPort: 0,
        mode: 'demo',
        batchMs: 5,
        batchRows: 10_000,
        broker: addressOf(broker),
      });
      await Promise.all(
        [city.ingest.httpPort, other.httpPort].map((port) =>
          until(async () => (await ready(port)).includes('"status":"ok"')),
        ),
      );
      const BATCHES = 120;
      let acknowledged = 0;
      const faults = [
        async () => {
          const exited = once(other.child, 'exit');
          other.child.kill('SIGKILL');
          await exited;
        },
        async () => {
          await broker.kill();
          await broker.restart();
        },
      ];
      const struck: Promise<void>[] = [];
      await Promise.all(
        GATEWAYS.map((code) => {
          const batches = Array.from({ length: BATCHES }, (_, k) =>
            batchOf([reading(2 * k, k, `M-${code}`), reading(2 * k + 1, k, `M-${code}`)]),
          );
          return deliver(broker, code, batches, () => {
            acknowledged += 1;
            if (acknowledged % BATCHES !== 0) return;
            const fault = faults.shift();
            if (fault) struck.push(fault());
          });
        }),
      );
      await Promise.all(struck);
      expect(faults).toEqual([]);
      expect(await city.rows('select count(*) from metering.reading')).toEqual([
        { count: BigInt(2 * BATCHES * GATEWAYS.length) },
      ]);
      expect(await city.rows('select count(*) from metering.batch')).toEqual([
        { count: BigInt(BATCHES * GATEWAYS.length) },
      ]);
      expect(await city.rows('select from metering.reading_revision')).toEqual([]);
      const [own] = (await city.rows('select count(*)::int4 as n from metering.batch')) as [{ n: number }];
      const metrics = await (await fetch(`http://127.0.0.1:${city.ingest.httpPort}/metrics`)).text();
      const stored = Number(/ganzhi_ingest_messages_total\{source="mqtt",result="stored"\} (\d+)/.exec(metrics)?.[1]);
      expect(stored, 'the other process had its share').toBeLessThan(own.n);
    });
  },
);

const addressOf = ({ url }: Mosquitto) => ({ url, username: INGEST_USER, password: INGEST_PASSWORD, connections: 8 });

async function mosquitto(): Promise<Mosquitto> {
  const broker = await startMosquitto(program ?? '', GATEWAYS);
  onTestFinished(() => broker.stop());
  return broker;
}

async function outside(
  options: Partial<IngestOptions>,
  registry: Parameters<typeof harness>[1],
): Promise<{ city: Harness; broker: Mosquitto }> {
  const broker = await mosquitto();
  const city = await harness(
    { ...options, broker: { ...addressOf(broker), ...options.broker, url: broker.url } },
    registry,
  );
  await until(async () => (await ready(city.ingest.httpPort)).includes('"status":"ok"'));
  return { city, broker };
}

async function connect(broker: Mosquitto, code = 'GW-0001'): Promise<Publisher> {
  const gateway = await Publisher.connect(broker.port, code);
  onTestFinished(() => gateway.close());
  return gateway;
}

/** As our gateways do: some batches under way, what is not answered sent again, a lost connection made anew. */
async function deliver(
  broker: Mosquitto,
  code: string,
  batches: readonly TelemetryBatch[],
  onAcknowledged: () => void,
): Promise<void> {
  const outbox = new Map(batches.map((batch) => [batch.batch, batch]));
  while (outbox.size > 0) {
    const gateway = await Publisher.connect(broker.port, code).catch(() => undefined);
    while (gateway?.client.connected && outbox.size > 0) {
      for (const batch of [...outbox.values()].slice(0, UNDER_WAY)) void gateway.send(batch).catch(() => undefined);
      const sentAt = performance.now();
      await until(() => gateway.acks.length >= UNDER_WAY || performance.now() - sentAt > PATIENCE_MS);
      for (const { batch } of gateway.acks.splice(0)) if (outbox.delete(batch)) onAcknowledged();
    }
    await gateway?.close();
    await new Promise((done) => setTimeout(done, 20));
  }
}

const ready = async (port: number): Promise<string> => (await fetch(`http://127.0.0.1:${port}/readyz`)).text();

async function spawnIngest(
  options: Omit<IngestOptions, 'logger' | 'clock'>,
): Promise<{ child: ChildProcess; httpPort: number }> {
  const entry = fileURLToPath(new URL('./process.ts', import.meta.url));
  const child = spawn(process.execPath, [entry, JSON.stringify({ ...options, now: NOW })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  });
  if (!child.stdout) throw new Error('no output');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, httpPort: (JSON.parse(line) as { httpPort: number }).httpPort };
}
