import { HOUR, quantityByCode } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { type TestDatabase, testDatabase } from '@ganzhi/schemas/testing';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import pino from 'pino';
import { buildApp } from '../src/app.ts';
import type { OidcSettings } from '../src/auth/oidc-settings.ts';
import { newPerson, type Person, type Right } from './people.ts';

/** The service on a database of its own, with one user who is logged in and a clock that the test moves. */
export interface Harness {
  app: FastifyInstance;
  database: TestDatabase;
  owner: Db;
  db: Db;
  clock: { now: number };
  token: string;
  /** A further person who is logged in, with the roles given. */
  person(login: string, ...rights: Right[]): Promise<Person>;
  /** GET as the user; with `headers` as given. */
  get(path: string, headers?: Record<string, string>): Promise<LightMyRequestResponse>;
  inject(options: InjectOptions): Promise<LightMyRequestResponse>;
  stop(): Promise<void>;
}

export async function startHarness(
  options: { now?: number; mode?: 'demo' | 'production'; consoleDir?: string; oidc?: OidcSettings } = {},
): Promise<Harness> {
  const { now = Date.now(), mode = 'demo', consoleDir, oidc } = options;
  const database = await testDatabase();
  const owner = await database.open('ganzhi_owner');
  const db = await database.open('ganzhi_api');
  const clock = { now };
  const app = await buildApp({
    db,
    mode,
    clock: () => clock.now,
    oidc,
    logger: pino({ level: 'silent' }),
    ...(consoleDir ? { consoleDir } : {}),
  });
  await app.ready();
  const person = (login: string, ...rights: Right[]) => newPerson(owner, { login, now }, rights);
  const { token } = await person('tester', { role: 'city-administrator', wholeCity: true });
  return {
    app,
    database,
    owner,
    db,
    clock,
    token,
    person,
    get: (path, headers = {}) =>
      app.inject({ url: `/api/v1${path}`, headers: { authorization: `Bearer ${token}`, ...headers } }),
    inject: (request) => app.inject(request),
    stop: async () => {
      await app.close();
      await database.drop();
    },
  };
}

const ENERGY = quantityByCode('energy.import')?.id ?? 0;
export const POWER = quantityByCode('power')?.id ?? 0;

/** Books hours of a meter as analytics would, days with them. Counts are hundredths of kWh before the ratio. */
export async function bookHours(
  owner: Db,
  meterId: number,
  hours: readonly {
    at: number;
    counts: number;
    coveredS?: number;
    ratio?: number;
    point?: number;
    /** Default: now, by the clock of the database. */
    knownSince?: number;
  }[],
): Promise<void> {
  for (const { at, counts, coveredS = 3_600, ratio = 1, point = ENERGY, knownSince = Date.now() } of hours) {
    await owner.query("select metering.ensure_partition('ledger.hour', $1)", [new Date(at)]);
    await owner.query(
      `insert into ledger.hour (meter_id, point, hour, counts, ratio, covered_s, source, known_since)
       values ($1, $2, $3, $4, $5, $6, 'measured', $7)`,
      [meterId, point, new Date(at), counts, ratio, coveredS, new Date(knownSince)],
    );
    await owner.query(
      `insert into ledger.day (meter_id, point, day, booked, undistributed, disputed, covered_s, known_since)
       values ($1, $2, ($3::timestamptz at time zone 'Asia/Shanghai')::date, $4, 0, 0, $5, $6)
       on conflict (meter_id, point, day) do update set
         booked = day.booked + excluded.booked, covered_s = day.covered_s + excluded.covered_s`,
      [meterId, point, new Date(at), counts * ratio, coveredS, new Date(knownSince)],
    );
  }
}

/** A span without certain hours. Adds it to the day that holds it whole, as analytics would. */
export async function bookSpan(
  owner: Db,
  meterId: number,
  span: { from: number; to: number; counts: number; class?: 'undistributed' | 'disputed' },
): Promise<void> {
  const { from, to, counts, class: kind = 'undistributed' } = span;
  await owner.query(
    `insert into ledger.span (meter_id, point, from_ts, to_ts, class, counts, ratio, evidence)
     values ($1, $2, $3, $4, $5, $6, 1, '{"kind":"gap"}')`,
    [meterId, ENERGY, new Date(from), new Date(to), kind, counts],
  );
  const days = [from, to - 1].map((t) => Math.floor((t + 8 * HOUR) / (24 * HOUR)));
  if (days[0] !== days[1]) return;
  await owner.query(
    `insert into ledger.day (meter_id, point, day, booked, undistributed, disputed, covered_s)
     values ($1, $2, ($3::timestamptz at time zone 'Asia/Shanghai')::date, 0, $4, $5, 0)
     on conflict (meter_id, point, day) do update set
       undistributed = day.undistributed + excluded.undistributed, disputed = day.disputed + excluded.disputed`,
    [meterId, ENERGY, new Date(from), kind === 'undistributed' ? counts : 0, kind === 'disputed' ? counts : 0],
  );
}

/** Stores readings of one point with `latest`, as ingest would. */
export async function storeReadings(
  owner: Db,
  meterId: number,
  readings: readonly { at: number; value: number; quality?: number; point?: number }[],
): Promise<void> {
  for (const { at, value, quality = 0, point = ENERGY } of readings) {
    await owner.query("select metering.ensure_partition('metering.reading', $1)", [new Date(at)]);
    await owner.query('insert into metering.reading values ($1, $2, $3, $4, $5, 1)', [
      meterId,
      point,
      quality,
      new Date(at),
      value,
    ]);
    await owner.query(
      `insert into metering.latest values ($1, $2, $3, $4, $5, $3)
       on conflict (meter_id, point) do update set ts = excluded.ts, value = excluded.value, quality = excluded.quality
       where latest.ts < excluded.ts`,
      [meterId, point, new Date(at), value, quality],
    );
  }
}
