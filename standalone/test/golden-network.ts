import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type Analytics, startAnalytics } from '@ganzhi/analytics';
import { buildApp } from '@ganzhi/api';
import { type Ingest, startIngest } from '@ganzhi/ingest';
import { BatchAck, downTopic, HOUR, MINUTE, type TelemetryBatch, upTopic } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { fixtureRegistry, fixtureToken, type RegistrySpec, testDatabase } from '@ganzhi/schemas/testing';
import mqtt from 'mqtt';
import pino from 'pino';
import { onTestFinished } from 'vitest';

/** Real ingest with both doors, ledger and api on a real database, with a clock that the test moves: a scenario end to end. */
export interface GoldenNetwork {
  owner: Db;
  analytics: Db;
  /** Sees everything, as the api's own rounds do. */
  api: Db;
  institutionId: number;
  meters: ReadonlyMap<string, number>;
  clock: { now: number };
  /** Quarter-hourly registers of GW-0001 by the HTTP door; resolves when they are acknowledged. */
  byHttp(readings: readonly Sent[]): Promise<void>;
  /** The same by MQTT, acknowledged by the application. */
  byMqtt(readings: readonly Sent[]): Promise<void>;
  /** The ledger, and what stands above it, follow. */
  settle(): Promise<void>;
  /** The detectors look, as they do every night. */
  lookForAlarms: Analytics['lookForAlarms'];
  person(login: string, role: string): Promise<Caller>;
}

export interface Sent {
  m: string;
  /** Epoch milliseconds. */
  t: number;
  /** On the display: kWh, or units of `p`. */
  x: number;
  /** Point; default the electricity register. */
  p?: string;
}

/** Calls the API as one person: status and body. */
export type Caller = (
  method: 'GET' | 'POST',
  path: string,
  body?: object,
  headers?: Readonly<Record<string, string>>,
) => Promise<{ status: number; body: Answer }>;
// biome-ignore lint/suspicious/noExplicitAny: answers of many routes, judged by the expectations of the tests
type Answer = any;

const GATEWAY = 'GW-0001';
const logger = pino({ level: 'silent' });

export async function goldenNetwork(now: number, spec: RegistrySpec = {}): Promise<GoldenNetwork> {
  const undo: (() => Promise<unknown>)[] = [];
  onTestFinished(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });
  const clock = { now };
  const database = await testDatabase();
  undo.push(() => database.drop());
  const owner = await database.open('ganzhi_owner');
  const { institutionId, meters } = await fixtureRegistry(owner, spec);
  const ports = { httpHost: '127.0.0.1', httpPort: 0 };
  const ingest = await startIngest({
    ...{ databaseUrl: database.url, mqttHost: '127.0.0.1', mqttPort: 0, doorPort: 0, ...ports },
    ...{ mode: 'demo', batchMs: 5, batchRows: 10_000, logger },
  });
  undo.push(() => ingest.stop());
  const ledger: Analytics = await startAnalytics({
    ...{ databaseUrl: database.url, tickMs: HOUR, clock: () => clock.now, logger, ...ports },
  });
  undo.push(() => ledger.stop());
  const api = await database.open('ganzhi_api');
  const app = await buildApp({ db: api, mode: 'demo', clock: () => clock.now, logger });
  undo.push(() => app.close());
  return {
    ...{ owner, api, institutionId, meters, clock },
    analytics: await database.open('ganzhi_analytics'),
    byHttp: (readings) => sendByHttp(ingest, batchOf(readings)),
    byMqtt: (readings) => sendByMqtt(ingest, batchOf(readings)),
    settle: () => ledger.settle(),
    lookForAlarms: () => ledger.lookForAlarms(),
    person: async (login, role) => {
      const authorization = `Bearer ${await newPerson(owner, { login, role, now })}`;
      return async (method, path, body, headers = {}) => {
        const answer = await app.inject({
          ...{ method, url: `/api/v1${path}`, headers: { authorization, ...headers } },
          ...(body ? { payload: body } : {}),
        });
        return { status: answer.statusCode, body: answer.json() };
      };
    },
  };
}

/** Registers that rise by `kwhPerHour` from quarter to quarter of [from, to], both included. */
export function rising(m: string, from: number, to: number, kwhPerHour: number, start = 0): Sent[] {
  const steps = (to - from) / (15 * MINUTE);
  return Array.from({ length: steps + 1 }, (_, i) => ({
    ...{ m, t: from + i * 15 * MINUTE, x: start + (i * kwhPerHour) / 4 },
  }));
}

const batchOf = (readings: readonly Sent[]): TelemetryBatch => ({
  ...{ v: 1, batch: randomUUID(), seq: 1, sentAt: new Date(0).toISOString(), replay: true, errors: [] },
  readings: readings.map((reading) => ({ p: 'energy.import', ...reading, q: 0 })),
});

async function sendByHttp(ingest: Ingest, batch: TelemetryBatch): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${ingest.doorPort}/api/v1/ingest/readings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${fixtureToken(GATEWAY)}`, 'content-type': 'application/json' },
    body: JSON.stringify(batch),
  });
  assertStored(await answer.json(), batch);
}

async function sendByMqtt(ingest: Ingest, batch: TelemetryBatch): Promise<void> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${ingest.mqttPort}`, {
    ...{
      clientId: GATEWAY,
      username: GATEWAY,
      password: fixtureToken(GATEWAY),
      protocolVersion: 4,
      reconnectPeriod: 0,
    },
  });
  try {
    await client.subscribeAsync(downTopic(GATEWAY, 'ack'), { qos: 1 });
    const acknowledged = new Promise<unknown>((done) => {
      client.on('message', (_topic, payload) => done(JSON.parse(payload.toString('utf8'))));
    });
    await client.publishAsync(upTopic(GATEWAY, 'telemetry'), JSON.stringify(batch), { qos: 1 });
    assertStored(await acknowledged, batch);
  } finally {
    await client.endAsync(true);
  }
}

function assertStored(answer: unknown, { batch }: TelemetryBatch): void {
  const ack = BatchAck.parse(answer);
  if (ack.batch !== batch || ack.status !== 'stored' || ack.rejected.length > 0) {
    throw new Error(`not stored: ${JSON.stringify(ack)}`);
  }
}

async function newPerson(
  owner: Db,
  { login, role, now }: { login: string; role: string; now: number },
): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  const { rows } = await owner.query<{ id: number }>(
    `insert into platform.app_user (login, display_name, password_hash, password_changed_at)
     values ($1, '测试员', 'never matches', $2) returning id`,
    [login, new Date(now)],
  );
  await owner.query(
    `insert into platform.assignment (user_id, role_code, whole_city, valid_from, granted_by)
     values ($1, $2, true, '-infinity', 'test')`,
    [rows[0]?.id, role],
  );
  await owner.query(
    `insert into platform.session (token_sha256, user_id, csrf_token, expires_at) values ($1, $2, 'x', 'infinity')`,
    [createHash('sha256').update(token).digest(), rows[0]?.id],
  );
  return token;
}
