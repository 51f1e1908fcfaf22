import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freePort } from '@ganzhi/schemas/db';
import { ApiClient } from './api-client.ts';
import { cpuSeconds, descendants, proportionalKiB } from './proc.ts';

/**
 * `npm run bench:network`: starts the whole network as a newcomer would and prints the figures of the README: time to the
 * first reading in the API, time of the 30 days of history and age of live readings meanwhile, memory and idle CPU of
 * all processes together, API latency, and the time of a restart. Linux only (reads /proc). Bounded: 20 minutes.
 */
const LIMIT_MS = 20 * 60_000;
const IDLE_WATCH_MS = 120_000;
const API_CALLS = 200;
const POLL_S = 60;

const { values } = parseArgs({
  options: {
    sites: { type: 'string', default: '24' },
    'history-days': { type: 'string', default: '30' },
    json: { type: 'boolean', default: false },
  },
});
const ENTRY = fileURLToPath(new URL('../bin/ganzhi.mjs', import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), 'ganzhi-bench-'));
const env = {
  ...process.env,
  GANZHI_DATA_DIR: dataDir,
  PORT: String(await freePort()),
  GANZHI_MQTT_PORT: String(await freePort()),
};
const base = `http://127.0.0.1:${env.PORT}`;
const deadline = Date.now() + LIMIT_MS;
let system: ChildProcess | undefined;

try {
  const figures = await measure();
  process.stdout.write(`${JSON.stringify(figures, null, values.json ? 0 : 2)}\n`);
} finally {
  await stopSystem();
  rmSync(dataDir, { recursive: true, force: true });
}

async function measure(): Promise<Record<string, unknown>> {
  const startedAt = Date.now();
  const password = await startSystem();
  const client = await ApiClient.login(base, 'admin', password ?? '');
  await until(async () => (await client.city()).powerMeters.reporting > 0);
  const firstReadingS = (Date.now() - startedAt) / 1000;

  // Every site has to be heard once before "how old is its last value" has a meaning.
  let allHeardS: number | undefined;
  let oldestLiveS = 0;
  let peakKiB = 0;
  await until(async () => {
    const city = await client.city();
    const ageS = await client.oldestLiveReadingS();
    if (ageS < POLL_S) allHeardS ??= (Date.now() - startedAt) / 1000;
    if (allHeardS !== undefined) oldestLiveS = Math.max(oldestLiveS, ageS);
    peakKiB = Math.max(peakKiB, memoryKiB());
    return city.history !== null && !city.history.running && city.outboxReadings === 0;
  }, 2_000);
  const historyS = (Date.now() - startedAt) / 1000;
  const stored = await client.storedReadings(dataDir);

  await sleep(30_000);
  const before = cpuByProcess();
  await sleep(IDLE_WATCH_MS);
  const idleCpuShare = cpuSince(before) / (IDLE_WATCH_MS / 1000);
  const monthByHour = await client.latencies(API_CALLS, await client.monthByHourPath());

  await stopSystem();
  const restartAt = Date.now();
  await startSystem();
  const restartS = (Date.now() - restartAt) / 1000;
  return {
    machine: { cores: cpus().length, memoryGiB: Math.round(totalmem() / 1024 ** 3), node: process.versions.node },
    sites: Number(values.sites),
    historyDays: Number(values['history-days']),
    firstReadingS,
    allSitesHeardS: allHeardS,
    historyS,
    storedReadings: stored,
    oldestLiveReadingDuringHistoryS: oldestLiveS,
    memoryMiB: { peak: Math.round(peakKiB / 1024), now: Math.round(memoryKiB() / 1024) },
    idleCpuShareOfOneCore: idleCpuShare,
    monthByHourMs: monthByHour,
    restartS,
  };
}

/** Starts `ganzhi start` and resolves when the address is printed; with the generated password on a first start. */
function startSystem(): Promise<string | undefined> {
  const child = spawn(
    process.execPath,
    [ENTRY, 'start', '--sites', values.sites, '--history-days', values['history-days']],
    { env, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  system = child;
  return new Promise((ready, fail) => {
    let output = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (chunk: string) => {
      output += chunk;
      if (output.includes('Ctrl-C')) ready(/password\s+(\S+)/.exec(output)?.[1]);
    });
    child.once('exit', (code) => fail(new Error(`ganzhi start ended with ${code}:\n${output}`)));
  });
}

async function stopSystem(): Promise<void> {
  const child = system;
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  child.removeAllListeners('exit');
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill('SIGTERM');
  await ended;
}

function family(): number[] {
  return system?.pid ? descendants(system.pid) : [];
}

function memoryKiB(): number {
  return family().reduce((sum, pid) => sum + proportionalKiB(pid), 0);
}

function cpuByProcess(): Map<number, number> {
  return new Map(family().map((pid) => [pid, cpuSeconds(pid)]));
}

/** Process by process: a database session that ended meanwhile must not take its past with it. */
function cpuSince(before: ReadonlyMap<number, number>): number {
  return [...cpuByProcess()].reduce((sum, [pid, seconds]) => sum + Math.max(0, seconds - (before.get(pid) ?? 0)), 0);
}

async function until(condition: () => Promise<boolean>, everyMs = 500): Promise<void> {
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('bench:network: not done after 20 minutes');
    await sleep(everyMs);
  }
}
