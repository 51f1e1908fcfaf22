import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Db } from '@ganzhi/schemas/db';
import { POINT_IDS } from './city.ts';
import type { LoadReport } from './load.ts';
import { CHECKSUM_SQL, checksumOf, type LoadPlan, meterId, plannedReading } from './load-plan.ts';
import { cpuSeconds, family, residentMb } from './proc.ts';

export interface RunReport {
  /** What each plan sent, in their order. */
  loads: LoadReport[];
  /** All readings of the run. */
  committedPerSecond: number;
  /** Peak while the load ran, MB. */
  rssMb: { ingest: number; load: number; database: number };
  cpuSeconds: { ingest: number; load: number; database: number };
  /** Of ingest, mean MB of the second and of the last fifth of the run: flat when they are alike. */
  ingestMb: { early: number; late: number };
  meanCommitMs: number;
  rowsPerCommit: number;
  /** What was sent, and what was in the database afterwards: readings, and a checksum of them all. */
  sent: Contents;
  found: Contents;
}

export interface Contents {
  count: number;
  checksum: string;
}

export interface Bed {
  /** Log-in of ingest. */
  url: string;
  owner: Db;
  databasePid: number;
  /** Folder for CPU profiles of ingest, when wanted. */
  profiles: string | undefined;
}

const SAMPLE_MS = 500;
const TABLES =
  'metering.reading, metering.reading_revision, metering.latest, metering.batch, metering.dirty_span, metering.quarantine';

/** Sends plans, at once, through a fresh ingest process and proves by count and checksum that the database has it, no more and no less. */
export async function runPlans(bed: Bed, plans: readonly LoadPlan[]): Promise<RunReport> {
  await bed.owner.query(`truncate ${TABLES}`);
  const flags = bed.profiles ? ['--cpu-prof', `--cpu-prof-dir=${bed.profiles}`] : [];
  const service = child('service.ts', [bed.url], flags);
  const { mqttPort, httpPort } = await told<{ mqttPort: number; httpPort: number }>(service);
  const load = child('load.ts', [JSON.stringify([mqttPort, plans])]);
  await told(load);
  const pids = { ingest: [service.pid ?? 0], load: [load.pid ?? 0], database: family(bed.databasePid) };
  const before = eachOf(pids, cpuSeconds);
  const rssMb = { ingest: 0, load: 0, database: 0 };
  const samples: number[] = [];
  const sampling = setInterval(() => {
    const now = eachOf({ ...pids, database: family(bed.databasePid) }, residentMb);
    samples.push(now.ingest);
    for (const who of ['ingest', 'load', 'database'] as const) rssMb[who] = Math.max(rssMb[who], Math.round(now[who]));
  }, SAMPLE_MS);
  load.send('start');
  const loads = await told<LoadReport[]>(load);
  clearInterval(sampling);
  const after = eachOf({ ...pids, database: family(bed.databasePid) }, cpuSeconds);
  const metrics = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
  const metric = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
  const commits = metric('ganzhi_ingest_commit_duration_seconds_count');
  service.send('stop');
  await once(service, 'exit');
  const contents = await verify(bed.owner, plans, loads);
  const readings = loads.reduce((total, report) => total + report.readings, 0);
  const used = (who: 'ingest' | 'load' | 'database'): number => Math.round((after[who] - before[who]) * 100) / 100;
  return {
    loads,
    committedPerSecond: Math.round(readings / Math.max(...loads.map(({ seconds }) => seconds))),
    rssMb,
    cpuSeconds: { ingest: used('ingest'), load: used('load'), database: used('database') },
    ingestMb: { early: meanOf(samples, 0.2, 0.4), late: meanOf(samples, 0.8, 1) },
    meanCommitMs: Math.round((metric('ganzhi_ingest_commit_duration_seconds_sum') / commits) * 1_000),
    rowsPerCommit: Math.round(readings / commits),
    ...contents,
  };
}

async function verify(
  owner: Db,
  plans: readonly LoadPlan[],
  loads: readonly LoadReport[],
): Promise<{ sent: Contents; found: Contents }> {
  let checksum = 0n;
  let count = 0;
  for (const [i, { first, perMessage, replay }] of plans.entries()) {
    for (const [g, messages] of (loads[i]?.sent ?? []).entries()) {
      // one gateway's sum is a safe integer, that of all may not be
      let ofGateway = 0;
      for (let k = 0; k < messages * perMessage; k += 1, count += 1) {
        const { meter, point, ts, counts } = plannedReading(k, replay);
        ofGateway += checksumOf(meterId(first + g, meter), POINT_IDS[point] ?? 0, ts, counts);
      }
      checksum += BigInt(ofGateway);
    }
  }
  const { rows } = await owner.query<{ count: number; checksum: string }>(CHECKSUM_SQL);
  const [found] = rows;
  process.stdout.write(`sent ${count} (checksum ${checksum}), in the database ${found?.count} (${found?.checksum})\n`);
  if (found?.count !== count || found.checksum !== checksum.toString()) {
    throw new Error('what was sent is not what is stored');
  }
  return { sent: { count, checksum: checksum.toString() }, found };
}

/** A process of this folder. */
export function child(file: string, args: readonly string[], flags: readonly string[] = []): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), args, { execArgv: [...process.execArgv, ...flags] });
}

/** The next thing a child says. @throws when it ends instead */
export async function told<T>(from: ChildProcess): Promise<T> {
  return new Promise((done, fail) => {
    const ended = (code: number | null): void => fail(new Error(`${from.spawnargs.join(' ')} ended with ${code}`));
    from.once('exit', ended);
    from.once('message', (message) => {
      from.off('exit', ended);
      done(message as T);
    });
  });
}

function meanOf(samples: readonly number[], from: number, to: number): number {
  const part = samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to));
  return Math.round(part.reduce((total, mb) => total + mb, 0) / Math.max(1, part.length));
}

const eachOf = <K extends string>(pids: Record<K, number[]>, of: (pids: number[]) => number): Record<K, number> =>
  Object.fromEntries(Object.entries<number[]>(pids).map(([who, list]) => [who, of(list)])) as Record<K, number>;
