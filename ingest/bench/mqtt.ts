/**
 * Readings per second, end to end: real sockets, real commits, counted in the database afterwards.
 *
 *   node ingest/bench/mqtt.ts [--gateways 24] [--seconds 20] [--readings 500] [--window 8]
 *
 * Every gateway keeps `window` batches on the way. The database is an embedded one in a temporary folder, with fsync on.
 */
import { createHash, randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MINUTE, upTopic } from '@ganzhi/schemas';
import { migrate, openDatabase, startEmbedded } from '@ganzhi/schemas/db';
import mqtt from 'mqtt';
import { pino } from 'pino';
import { startIngest } from '../src/index.ts';

const { values: flags } = parseArgs({
  options: {
    gateways: { type: 'string', default: '24' },
    seconds: { type: 'string', default: '20' },
    readings: { type: 'string', default: '500' },
    window: { type: 'string', default: '8' },
  },
});
const [gateways, seconds, perBatch, window] = [flags.gateways, flags.seconds, flags.readings, flags.window].map(
  Number,
) as [number, number, number, number];
const METERS = 6;
const POINTS = [
  'energy.import',
  'energy.export',
  'power',
  'voltage.a',
  'voltage.b',
  'voltage.c',
  'current.a',
  'frequency',
];
const START = Date.UTC(2026, 0, 1);

const folder = mkdtempSync(join(tmpdir(), 'ganzhi-bench-'));
chmodSync(folder, 0o755);
const database = await startEmbedded({ dataDir: folder });
await migrate(database.adminUrl);
const owner = await openDatabase({ url: database.adminUrl, role: 'ganzhi_owner' });
await owner.query(`
  insert into registry.division values ('320412', null, '武进区', 'Wujin', 5);
  insert into registry.institution_type values ('office', '机关', 'Office');
  insert into registry.institution (code, name_zh, name_en, type_code, division_code, area_m2, headcount)
    values ('CZ-1', '机关', 'Office', 'office', '320412', 3000, 100)`);
for (let g = 0; g < gateways; g += 1) {
  await owner.query(
    `with g as (insert into registry.gateway (code, institution_id, name_zh, name_en, token_sha256)
       values ($1, 1, '网关', 'Gateway', $2) returning id),
     m as (insert into registry.meter (code, institution_id, gateway_id, name_zh, name_en, medium, role, template)
       select $1 || '-' || n, 1, id, '表', 'Meter', 'electricity', 'main', 'eastron-sdm630' from g, generate_series(1, $3) n returning id)
     insert into registry.point (meter_id, point, decimals) select m.id, q.id, 2 from m, registry.quantity q where q.code = any($4)`,
    [`GW-${g}-X`, createHash('sha256').update('secret').digest(), METERS, POINTS],
  );
}

const ingest = await startIngest({
  databaseUrl: database.adminUrl,
  mqttHost: '127.0.0.1',
  mqttPort: 0,
  httpHost: '127.0.0.1',
  httpPort: 0,
  mode: 'demo',
  batchMs: 25,
  batchRows: 10_000,
  logger: pino({ level: 'warn' }, pino.destination(2)),
});

const deadline = Date.now() + seconds * 1_000;
const began = performance.now();
let acknowledged = 0;

async function runGateway(g: number): Promise<void> {
  const code = `GW-${g}-X`;
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${ingest.mqttPort}`, {
    clientId: code,
    username: code,
    password: 'secret',
    protocolVersion: 4,
  });
  let n = 0;
  const lane = async (): Promise<void> => {
    while (Date.now() < deadline) {
      const readings = Array.from({ length: perBatch }, () => {
        const k = n++;
        const meter = 1 + (Math.floor(k / POINTS.length) % METERS);
        const t = START + Math.floor(k / (POINTS.length * METERS)) * MINUTE;
        return { m: `${code}-${meter}`, p: POINTS[k % POINTS.length], t, x: 1000 + k / 100, q: 0 };
      });
      const body = { v: 1, batch: randomUUID(), seq: n, sentAt: new Date().toISOString(), replay: true, readings };
      await client.publishAsync(upTopic(code, 'telemetry'), JSON.stringify(body), { qos: 1 });
      acknowledged += perBatch;
    }
  };
  await Promise.all(Array.from({ length: window }, lane));
  await client.endAsync();
}

await Promise.all(Array.from({ length: gateways }, (_, g) => runGateway(g)));
const tookS = (performance.now() - began) / 1_000;
const metrics = await (await fetch(`http://127.0.0.1:${ingest.httpPort}/metrics`)).text();
const pick = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
const commits = pick('ganzhi_ingest_commit_duration_seconds_count');
const { rows } = await owner.query<{ count: bigint }>('select count(*) from metering.reading');
const committed = Number(rows[0]?.count ?? 0n);
process.stdout.write(
  `${JSON.stringify({
    committed,
    acknowledged,
    readingsPerSecond: Math.round(committed / tookS),
    commits,
    meanCommitMs: Math.round((pick('ganzhi_ingest_commit_duration_seconds_sum') / commits) * 1_000),
    gateways,
    perBatch,
    window,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model,
    residentMb: Math.round(process.memoryUsage().rss / 1e6),
  })}\n`,
);
await ingest.stop();
await owner.end();
await database.stop();
rmSync(folder, { recursive: true, force: true });
if (committed !== acknowledged) process.exitCode = 1;
