import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildApp } from '@ganzhi/api';
import {
  type CaredGateway,
  type Clock,
  createCaredGateway,
  createSelfSigned,
  type InstallConfigInput,
  type MeterDriver,
  parseInstallConfig,
  systemClock,
  templateById,
  type Waiting,
} from '@ganzhi/gateway-firmware-sim/firmware';
import { type Ingest, type IngestOptions, startIngest } from '@ganzhi/ingest';
import { HOUR } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import {
  fixtureRegistry,
  fixtureToken,
  type RegistrySpec,
  type TestDatabase,
  testDatabase,
} from '@ganzhi/schemas/testing';
import pino from 'pino';
import { expect, onTestFinished } from 'vitest';

/** Real ingest, api and gateways (with drivers of the test) on a real database: the way of remote care from end to end. */
export interface CareNetwork {
  owner: Db;
  ingest: Ingest;
  database: TestDatabase;
  institutionId: number;
  /** Meters on this port are dead, on any other they answer. */
  readonly deadPort: 1;
  /** Starts a gateway; stopped at the end of the test. `again` starts it on the same disk. */
  gateway(config?: Partial<InstallConfigInput>, clue?: { dataDir?: string; clock?: Clock }): Promise<StartedGateway>;
  /** A registered fixture gateway that is cared for. */
  registered(code: string, meters: InstallConfigInput['meters'], dataDir?: string): Promise<StartedGateway>;
  startIngest(options?: Partial<IngestOptions>): Promise<Ingest>;
  api(method: 'GET' | 'POST', path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  rows<T>(sql: string, values?: unknown[]): Promise<T[]>;
  metric(name: string): Promise<number>;
  dataDir(): string;
}

export interface StartedGateway {
  care: CaredGateway;
  dataDir: string;
  waited: Waiting[];
  stop(): Promise<void>;
}

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of many routes, judged by the expectations of the tests
  body: any;
}

export const meterAt = (code: string, port: number) => ({
  code,
  template: 'eastron-sdm630',
  intervalMs: 1_000,
  connection: { protocol: 'modbus-tcp' as const, host: '127.0.0.1', port, unit: 1 },
});

const DEAD_PORT = 1;
const logger = pino({ level: process.env.CARE_LOG ?? 'silent' });
const tls = createSelfSigned('broker', ['127.0.0.1', 'localhost']);
/** PEM of the broker's certificate, for gateways that trust nothing else. */
export const BROKER_CA = tls.cert;

export async function careNetwork(
  spec: RegistrySpec = {},
  ingestOptions: Partial<IngestOptions> = {},
): Promise<CareNetwork> {
  const undo: (() => Promise<unknown>)[] = [];
  onTestFinished(async () => {
    const failed: unknown[] = [];
    for (const step of undo.splice(0).reverse()) await bounded(step()).catch((error) => failed.push(error));
    expect(failed).toEqual([]);
  }, 120_000);
  const database = await testDatabase();
  undo.push(() => database.drop());
  const owner = await database.open('ganzhi_owner');
  const { institutionId } = await fixtureRegistry(owner, spec);
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-care-'));
  undo.push(async () => rmSync(folder, { recursive: true, force: true }));
  let folders = 0;
  const dataDir = () => join(folder, String(++folders));

  const start = async (options: Partial<IngestOptions> = {}): Promise<Ingest> => {
    const started = await startIngest({
      ...{
        databaseUrl: database.url,
        mqttHost: '127.0.0.1',
        mqttPort: 0,
        httpHost: '127.0.0.1',
        httpPort: 0,
        doorPort: 0,
      },
      ...{ mode: 'demo', batchMs: 5, batchRows: 10_000, carePollMs: 500, logger },
      mqttTls: { port: 0, key: tls.key, cert: tls.cert },
      ...options,
    });
    undo.push(() => started.stop());
    return started;
  };
  const ingest = await start(ingestOptions);
  const app = await buildApp({ db: await database.open('ganzhi_api'), mode: 'demo', clock: Date.now, logger });
  undo.push(() => app.close());
  const authorization = `Bearer ${await operatorToken(owner)}`;

  const gateway: CareNetwork['gateway'] = async (config = {}, clue = {}) => {
    const at = clue.dataDir ?? dataDir();
    const waited: Waiting[] = [];
    const care = createCaredGateway({
      install: parseInstallConfig({
        serial: 'SN-0001',
        careUrl: `http://127.0.0.1:${ingest.doorPort}`,
        mqttUrl: `mqtt://127.0.0.1:${ingest.mqttPort}`,
        dataDir: at,
        ...config,
      }),
      clock: clue.clock ?? systemClock,
      logger,
      enrolPollMs: 50,
      publisher: { reconnectMs: { min: 50, max: 200 } },
      drivers: () => (meter) => {
        templateById(meter.template);
        return fakeDriver(meter);
      },
      onWaiting: (waiting) => waited.push(waiting),
    });
    let running = true;
    const stop = async () => {
      if (running) await care.stop();
      running = false;
    };
    undo.push(stop);
    await care.start();
    return { care, dataDir: at, waited, stop };
  };

  return {
    owner,
    database,
    ingest,
    institutionId,
    deadPort: DEAD_PORT,
    gateway,
    registered: (code, meters = [], at) =>
      gateway({ serial: code, code, token: fixtureToken(code), meters }, at === undefined ? {} : { dataDir: at }),
    startIngest: start,
    dataDir,
    async api(method, path, body, headers = {}) {
      const answer = await app.inject({
        method,
        url: `/api/v1${path}`,
        headers: { authorization, ...headers },
        ...(body === undefined ? {} : { payload: body as object }),
      });
      return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() };
    },
    rows: async <T>(sql: string, values: unknown[] = []) => (await owner.query(sql, values)).rows as T[],
    async metric(name) {
      const text = await (await fetch(`http://127.0.0.1:${ingest.httpPort}/metrics`)).text();
      const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
      return line === undefined ? Number.NaN : Number(line.slice(name.length + 1));
    },
  };
}

/** One value of import energy, or nothing on the dead port. */
const fakeDriver = (meter: { connection: { protocol: string; port?: number } }): MeterDriver => ({
  protocol: 'fake',
  bus: 'fake',
  open: async () => undefined,
  close: async () => undefined,
  read: async () =>
    meter.connection.port === DEAD_PORT
      ? { values: [], failures: [{ quantity: 'energy.import', code: 'read-timeout' }], withoutValue: [] }
      : { values: [{ quantity: 'energy.import', value: 12.5, quality: 0 }], failures: [], withoutValue: [] },
});

async function operatorToken(owner: Db): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  const { rows } = await owner.query<{ id: number }>(
    `insert into platform.app_user (login, display_name, password_hash, password_changed_at)
     values ('operator', '值班员', 'never matches', now()) returning id`,
  );
  const id = rows[0]?.id;
  await owner.query(
    `insert into platform.assignment (user_id, role_code, whole_city, granted_by) values ($1, 'fleet-operator', true, 'test')`,
    [id],
  );
  await owner.query(
    'insert into platform.session (token_sha256, user_id, csrf_token, expires_at) values ($1, $2, $3, $4)',
    [createHash('sha256').update(token).digest(), id, 'x', new Date(Date.now() + HOUR)],
  );
  return token;
}

const PATIENCE_MS = 75_000;

/** Waits until a condition holds. Ends by itself, so that nobody asks a database that its test has dropped. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${PATIENCE_MS} ms: ${condition.toString()}`);
    await delay(25);
  }
}

const STEP_MS = 20_000;

/** A part that does not stop is named, and does not keep the others from being stopped. */
async function bounded(step: Promise<unknown>): Promise<void> {
  const late = Symbol('late');
  const patience = delay(STEP_MS, late, { ref: false });
  if ((await Promise.race([step, patience])) === late) throw new Error(`a part did not stop within ${STEP_MS} ms`);
}
