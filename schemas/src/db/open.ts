import pg from 'pg';
import { GanzhiError } from '../errors.ts';
import { beginStatement } from './claims.ts';
import { clientOf } from './client.ts';
import type { Queryable } from './queryable.ts';
import type { ServiceRole } from './roles.ts';
import { typeParsers } from './types.ts';

export const MIN_SERVER_VERSION = 150_000;

/** The one way to talk to the database: a pool whose connections act as one service role, in UTC. */
export type Db = pg.Pool;
/** A connection inside a transaction. */
export type Tx = pg.PoolClient;

export interface OpenOptions {
  url: string;
  /** Service role that every statement runs as (`set role` at connect). */
  role: ServiceRole;
  /** Connections at most. */
  max?: number;
  /** Shown in pg_stat_activity. */
  name?: string;
  /** For whom row security answers outside a claiming transaction (claims.ts); default: the system itself, everything. */
  claims?: 'system' | 'none';
  /** Called when an idle connection breaks (database restarted); the pool replaces it by itself. */
  onError?: (error: Error) => void;
}

/**
 * Opens a pool and proves the first connection.
 *
 * @throws GanzhiError `database-unreachable` or `database-too-old`, each with its remedy
 */
export async function openDatabase(options: OpenOptions): Promise<Db> {
  const { url, role, max = 4, name = role, claims = 'system', onError = () => undefined } = options;
  const db = new pg.Pool({
    connectionString: url,
    max,
    application_name: name,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    types: typeParsers,
    options: `-c role=${role} -c timezone=UTC -c statement_timeout=0 -c ganzhi.claims=${claims}`,
  });
  // Without a listener an idle client killed by a database restart would end the process.
  db.on('error', onError);
  // The pool listens to idle clients only. One that is lent out and broken between two statements of a transaction would
  // end the process as well; its borrower learns of it from the next statement.
  db.on('connect', (client) => client.on('error', () => undefined));
  try {
    await assertServerVersion(db);
    return db;
  } catch (error) {
    await db.end();
    throw explained(url, error);
  }
}

/**
 * A single connection as the user of the address, for roles and migrations only.
 *
 * @throws GanzhiError `database-unreachable` or `database-too-old`, each with its remedy
 */
export async function connectAdministrator(url: string): Promise<pg.Client> {
  const client = clientOf({ connectionString: url, types: typeParsers, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    await assertServerVersion(client);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw explained(url, error);
  }
}

async function assertServerVersion(db: Queryable): Promise<void> {
  const { rows } = await db.query<{ v: number }>("select current_setting('server_version_num')::int as v");
  const version = rows[0]?.v ?? 0;
  if (version >= MIN_SERVER_VERSION) return;
  throw new GanzhiError(
    'database-too-old',
    `PostgreSQL ${Math.floor(version / 10_000)} is too old: DATABASE_URL must name PostgreSQL 15 or newer.`,
  );
}

function explained(url: string, error: unknown): GanzhiError {
  if (error instanceof GanzhiError) return error;
  return new GanzhiError('database-unreachable', unreachable(url, error), { cause: error });
}

/** Runs `work` in one transaction on one connection; commits, or rolls back and rethrows. */
export async function withTx<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  const tx = await db.connect();
  let broken: Error | undefined;
  try {
    await tx.query(beginStatement(db));
    const result = await work(tx);
    await tx.query('commit');
    return result;
  } catch (error) {
    await tx.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    tx.release(broken);
  }
}

export type Flavour = 'plain' | 'timescale';

/** Which storage the server offers: found by probing extension and licence, never by a flag. */
export async function probeFlavour(db: Queryable): Promise<Flavour> {
  const { rows } = await db.query<{ licence: string | null; installed: boolean }>(
    `select current_setting('timescaledb.license', true) as licence,
       exists (select from pg_extension where extname = 'timescaledb') as installed`,
  );
  return rows[0]?.installed && rows[0].licence === 'timescale' ? 'timescale' : 'plain';
}

/** Says what is wrong with the address without repeating its password. */
function unreachable(url: string, cause: unknown): string {
  const { code, message } = cause as { code?: string; message?: string };
  const target = URL.canParse(url) ? `${new URL(url).host}${new URL(url).pathname}` : 'DATABASE_URL';
  if (code === '28P01' || code === '28000') {
    return `The database at ${target} refuses the user or password. Check both in DATABASE_URL.`;
  }
  if (code === '3D000') return `The database of ${target} does not exist. Create it or mend DATABASE_URL.`;
  if (code === '22023' || code === '42501') {
    return `The database at ${target} lacks our roles or forbids them (${message}). Run "ganzhi migrate" with a user that may create roles.`;
  }
  return `No database answers at ${target} (${code ?? message}). Start it, mend DATABASE_URL, or unset it to use the embedded one.`;
}
