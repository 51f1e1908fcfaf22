/**
 * Readings per second through an outside broker (Mosquitto), acknowledged on down/ack, counted in the database afterwards.
 *
 *   node ingest/bench/outside.ts [--processes 1] [--gateways 24] [--seconds 15] [--readings 96] [--window 8] [--connections 64]
 *
 * Broker, database, load generator and each ingest are processes of their own on this machine; fsync is on.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BatchAck, downTopic, MINUTE, upTopic } from '@ganzhi/schemas';
import { migrate, openDatabase, startEmbedded } from '@ganzhi/schemas/db';
import { fixtureRegistry, fixtureToken } from '@ganzhi/schemas/testing';
import mqtt from 'mqtt';
import { findMosquitto, INGEST_PASSWORD, INGEST_USER, startMosquitto } from '../test/outside/mosquitto.ts';

const { values: flags } = parseArgs({
  options: {
    processes: { type: 'string', default: '1' },
    gateways: { type: 'string', default: '24' },
    seconds: { type: 'string', default: '15' },
    readings: { type: 'string', default: '96' },
    window: { type: 'string', default: '8' },
    connections: { type: 'string', default: '64' },
  },
});
const number = (name: keyof typeof flags): number => Number(flags[name]);
const perMessage = number('readings');
const POINTS = { 'energy.import': 2, 'energy.export': 2, power: 3, 'voltage.a': 1, 'voltage.b': 1, 'current.a': 3 };
const CODES = Object.keys(POINTS);
const METERS = 8;
const START = Date.UTC(2026, 0, 1);
const gateways = Array.from({ length: number('gateways') }, (_, g) => `GW-${g}-X`);

const program = findMosquitto();
if (!program) throw new Error('No mosquitto on this machine: apt-get install mosquitto.');
const undo: (() => unknown)[] = [];
try {
  process.stdout.write(`${JSON.stringify(await run(program))}\n`);
} finally {
  for (const step of undo.reverse()) await step();
}

async function run(program: string): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-bench-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  const database = await startEmbedded({ dataDir: folder });
  undo.push(() => database.stop());
  await migrate(database.adminUrl);
  const owner = await openDatabase({ url: database.adminUrl, role: 'ganzhi_owner' });
  undo.push(() => owner.end());
  const meters = gateways.flatMap((gateway) =>
    Array.from({ length: METERS }, (_, m) => ({ code: `${gateway}-${m}`, gateway, points: POINTS })),
  );
  await fixtureRegistry(owner, { gateways, meters });
  const broker = await startMosquitto(program, gateways);
  undo.push(() => broker.stop());
  await Promise.all(
    Array.from({ length: number('processes') }, () => startIngestProcess(database.adminUrl, broker.url)),
  );

  const began = performance.now();
  const deadline = began + number('seconds') * 1_000;
  const waits: number[] = [];
  await Promise.all(gateways.map((code) => runGateway(code, broker.url, deadline, waits)));
  const tookS = (performance.now() - began) / 1_000;
  const { rows } = await owner.query<{ count: bigint }>('select count(*) from metering.reading');
  const committed = Number(rows[0]?.count ?? 0n);
  const acknowledged = waits.length * perMessage;
  if (committed !== acknowledged) process.exitCode = 1;
  waits.sort((a, b) => a - b);
  const at = (share: number): number => Math.round(waits[Math.floor(waits.length * share)] ?? Number.NaN);
  return {
    committed,
    acknowledged,
    committedPerSecond: Math.round(committed / tookS),
    ackP50Ms: at(0.5),
    ackP99Ms: at(0.99),
    ...Object.fromEntries(Object.keys(flags).map((name) => [name, number(name as keyof typeof flags)])),
    cores: availableParallelism(),
    cpu: cpus()[0]?.model,
  };
}

async function startIngestProcess(databaseUrl: string, url: string): Promise<void> {
  const options = {
    databaseUrl,
    mqttHost: '127.0.0.1',
    mqttPort: 0,
    httpHost: '127.0.0.1',
    httpPort: 0,
    mode: 'demo',
    batchMs: 25,
    batchRows: 10_000,
    broker: {
      url,
      username: INGEST_USER,
      password: INGEST_PASSWORD,
      connections: number('connections'),
    },
    now: Date.now(),
  };
  const entry = fileURLToPath(new URL('../test/outside/process.ts', import.meta.url));
  const child = spawn(process.execPath, [entry, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  undo.push(() => {
    child.kill('SIGKILL');
    return exited;
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { httpPort } = JSON.parse(line.toString()) as { httpPort: number };
  while (!(await fetch(`http://127.0.0.1:${httpPort}/readyz`)).ok) await new Promise((done) => setTimeout(done, 50));
}

async function runGateway(code: string, url: string, deadline: number, waits: number[]): Promise<void> {
  const client = await mqtt.connectAsync(url, {
    clientId: code,
    username: code,
    password: fixtureToken(code),
    protocolVersion: 4,
  });
  const waiting = new Map<string, () => void>();
  client.on('message', (_topic, payload) => {
    const { batch } = BatchAck.parse(JSON.parse(payload.toString()));
    waiting.get(batch)?.();
    waiting.delete(batch);
  });
  await client.subscribeAsync(downTopic(code, 'ack'), { qos: 1 });
  let n = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < deadline) {
      const readings = Array.from({ length: perMessage }, () => {
        const k = n++;
        const meter = Math.floor(k / CODES.length) % METERS;
        const t = START + Math.floor(k / (CODES.length * METERS)) * MINUTE;
        return { m: `${code}-${meter}`, p: CODES[k % CODES.length], t, x: 1000 + k / 100, q: 0 };
      });
      const batch = randomUUID();
      const body = { v: 1, batch, seq: n, sentAt: new Date().toISOString(), replay: false, readings };
      const sentAt = performance.now();
      const answered = new Promise<void>((done) => waiting.set(batch, done));
      await client.publishAsync(upTopic(code, 'telemetry'), JSON.stringify(body), { qos: 1 });
      await answered;
      waits.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: number('window') }, lane));
  await client.endAsync();
}
