import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, resolve } from 'node:path';
import { assertMigrated, openDatabase, probeFlavour } from '@ganzhi/schemas/db';
import { findDatabase } from '../database.ts';

export interface DoctorConfig {
  DATABASE_URL: string | undefined;
  GANZHI_DATA_DIR: string;
  HOST: string;
  PORT: number;
  GANZHI_MQTT_URL: string;
}

export interface CheckResult {
  name: string;
  state: 'ok' | 'warn' | 'fail';
  /** What was found. */
  found: string;
  /** What to do about it. */
  remedy?: string;
}

interface Check {
  name: string;
  look(config: DoctorConfig): Promise<Omit<CheckResult, 'name'>> | Omit<CheckResult, 'name'>;
}

const ANSWER_LIMIT_MS = 3_000;
const LOW_DISK_BYTES = 2 * 1024 ** 3;

export const CHECKS: readonly Check[] = [
  {
    name: 'runtime',
    look: () => ({ state: 'ok', found: `Node ${process.versions.node}, ${process.platform}-${process.arch}` }),
  },
  { name: 'folder', look: folder },
  { name: 'database', look: database },
  { name: 'broker', look: broker },
  { name: 'api', look: api },
];

/** Runs every check; one that throws counts as failed with its message. */
export function runChecks(checks: readonly Check[], config: DoctorConfig): Promise<CheckResult[]> {
  return Promise.all(
    checks.map(async ({ name, look }) => {
      try {
        return { name, ...(await look(config)) };
      } catch (error) {
        return { name, state: 'fail' as const, found: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
}

function folder({ GANZHI_DATA_DIR }: DoctorConfig): Omit<CheckResult, 'name'> {
  let place = resolve(GANZHI_DATA_DIR);
  while (!existsSync(place)) place = dirname(place);
  try {
    accessSync(place, constants.W_OK);
  } catch {
    return { state: 'fail', found: `${place} cannot be written`, remedy: 'Set GANZHI_DATA_DIR to a folder that can.' };
  }
  const { bavail, bsize } = statfsSync(place);
  const free = bavail * bsize;
  const found = `${resolve(GANZHI_DATA_DIR)}, ${(free / 1024 ** 3).toFixed(1)} GiB free`;
  return free < LOW_DISK_BYTES
    ? { state: 'warn', found, remedy: 'Less than 2 GiB are free: make room, or move GANZHI_DATA_DIR.' }
    : { state: 'ok', found };
}

async function database(config: DoctorConfig): Promise<Omit<CheckResult, 'name'>> {
  const db = await openDatabase({ url: findDatabase(config).urlFor('ganzhi_api'), role: 'ganzhi_api', max: 1 });
  try {
    await assertMigrated(db);
    const { rows } = await db.query<{ version: string; size: string }>(
      "select current_setting('server_version') as version, pg_size_pretty(pg_database_size(current_database())) as size",
    );
    const { version = '?', size = '?' } = rows[0] ?? {};
    return { state: 'ok', found: `PostgreSQL ${version}, ${await probeFlavour(db)} flavour, ${size}` };
  } finally {
    await db.end();
  }
}

function broker({ GANZHI_MQTT_URL }: DoctorConfig): Promise<Omit<CheckResult, 'name'>> {
  const { hostname, port, protocol } = new URL(GANZHI_MQTT_URL);
  const at = `${hostname}:${port || (protocol === 'mqtts:' ? 8883 : 1883)}`;
  return new Promise((done) => {
    const socket = connect({ host: hostname, port: Number(at.split(':').at(-1)), timeout: ANSWER_LIMIT_MS });
    const finish = (result: Omit<CheckResult, 'name'>): void => {
      socket.destroy();
      done(result);
    };
    socket.once('connect', () => finish({ state: 'ok', found: `${at} accepts connections` }));
    const silent = {
      state: 'warn' as const,
      found: `nothing listens at ${at}`,
      remedy: 'Start "ganzhi ingest", or mend GANZHI_MQTT_URL.',
    };
    socket.once('error', () => finish(silent));
    socket.once('timeout', () => finish(silent));
  });
}

async function api({ HOST, PORT }: DoctorConfig): Promise<Omit<CheckResult, 'name'>> {
  const url = `http://${HOST}:${PORT}/readyz`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
    return answer.ok
      ? { state: 'ok', found: `${url} is ready` }
      : { state: 'fail', found: `${url} answers ${answer.status}: ${(await answer.text()).slice(0, 300)}` };
  } catch {
    return {
      state: 'warn',
      found: `nothing answers at ${url}`,
      remedy: 'Start "ganzhi api" or "ganzhi start", or set PORT.',
    };
  }
}
