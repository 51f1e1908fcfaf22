import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import type { ClientBase } from 'pg';
import { GanzhiError } from '../errors.ts';
import { QUANTITIES } from '../quantities.ts';
import { connectAdministrator, type Db, type Flavour, probeFlavour } from './open.ts';
import type { Queryable } from './queryable.ts';
import { ensureRoles, SERVICE_ROLES } from './roles.ts';

const MIGRATIONS = join(dirname(fileURLToPath(import.meta.url)), '../../sql/migrations');
const LOCK = 72_190_418;

export interface MigrateResult {
  flavour: Flavour;
  /** Names of the migrations that ran now. */
  applied: string[];
}

/**
 * Brings the database to this version: roles, numbered SQL files of the flavour found, vocabulary. Idempotent, and safe
 * when several processes start at once (advisory lock).
 *
 * @param url log-in that owns the database or may create roles
 * @throws GanzhiError `database-unreachable` or `database-too-old`
 */
export async function migrate(url: string, log: (line: string) => void = () => undefined): Promise<MigrateResult> {
  const client = await connectAdministrator(url);
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    return await migrateWith(client, log);
  } finally {
    await client.end();
  }
}

/** The same on a connection of one's own; the caller sees to it that nobody else migrates meanwhile. */
export async function migrateWith(
  client: Queryable,
  log: (line: string) => void = () => undefined,
): Promise<MigrateResult> {
  const flavour = await probeFlavour(client);
  await ensureRoles(client);
  await client.query('set role ganzhi_owner');
  const applied = await runner({
    // The runner only ever calls `query`.
    dbClient: client as ClientBase,
    dir: MIGRATIONS,
    direction: 'up',
    migrationsTable: 'migration',
    migrationsSchema: 'ganzhi_meta',
    createMigrationsSchema: true,
    ignorePattern: `(\\..*|.*\\.${otherFlavour(flavour)}\\.sql)`,
    noLock: true,
    verbose: false,
    log,
    logger: { debug: () => undefined, info: log, warn: log, error: log },
  });
  await syncVocabulary(client);
  await client.query(`grant usage on schema ganzhi_meta to ${SERVICE_ROLES.join(', ')}`);
  await client.query(`grant select on ganzhi_meta.migration to ${SERVICE_ROLES.join(', ')}`);
  return { flavour, applied: applied.map((migration) => migration.name) };
}

/**
 * @throws GanzhiError `database-behind` when a migration of this version has not run
 */
export async function assertMigrated(db: Db): Promise<void> {
  const newest = migrationNames(await probeFlavour(db)).at(-1);
  const { rows } = await db.query<{ there: boolean }>(
    "select coalesce(to_regclass('ganzhi_meta.migration') is not null, false) as there",
  );
  const done = rows[0]?.there
    ? await db.query('select from ganzhi_meta.migration where name = $1', [newest])
    : { rowCount: 0 };
  if (done.rowCount !== 1) {
    throw new GanzhiError('database-behind', `The database lacks migration ${newest}. Run "ganzhi migrate" first.`);
  }
}

const otherFlavour = (flavour: Flavour): Flavour => (flavour === 'plain' ? 'timescale' : 'plain');

/** Names of this version's migrations for a flavour, in order, as the runner records them. */
function migrationNames(flavour: Flavour): string[] {
  return readdirSync(MIGRATIONS)
    .filter((file) => file.endsWith('.sql') && !file.endsWith(`.${otherFlavour(flavour)}.sql`))
    .map((file) => file.replace(/\.sql$/, ''))
    .sort();
}

async function syncVocabulary(client: Queryable): Promise<void> {
  await client.query(
    `insert into registry.quantity (id, code, name_zh, name_en, unit, kind, medium)
     select * from json_to_recordset($1) as q(id int2, code text, zh text, en text, unit text, kind text, medium text)
     on conflict (id) do update set code = excluded.code, name_zh = excluded.name_zh, name_en = excluded.name_en,
       unit = excluded.unit, kind = excluded.kind, medium = excluded.medium`,
    [JSON.stringify(QUANTITIES)],
  );
}
