import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import type pg from 'pg';
import { GanzhiError } from '../errors.ts';
import { QUANTITIES } from '../quantities.ts';
import { connectAdministrator, type Flavour, probeFlavour } from './open.ts';
import { ensureRoles } from './roles.ts';

const MIGRATIONS = join(dirname(fileURLToPath(import.meta.url)), '../../sql/migrations');

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
 */
export async function migrate(url: string, log: (line: string) => void = () => undefined): Promise<MigrateResult> {
  const client = await connectAdministrator(url);
  try {
    await client.query('select pg_advisory_lock(72190418)');
    const flavour = await probeFlavour(client);
    await ensureRoles(client);
    await client.query('set role ganzhi_owner');
    const other = flavour === 'plain' ? 'timescale' : 'plain';
    const applied = await runner({
      dbClient: client,
      dir: MIGRATIONS,
      direction: 'up',
      migrationsTable: 'migration',
      migrationsSchema: 'ganzhi_meta',
      createMigrationsSchema: true,
      ignorePattern: `(\\..*|.*\\.${other}\\.sql)`,
      noLock: true,
      verbose: false,
      log,
      logger: { debug: () => undefined, info: log, warn: log, error: log },
    });
    await syncVocabulary(client);
    return { flavour, applied: applied.map((migration) => migration.name) };
  } finally {
    await client.end();
  }
}

/**
 * @throws GanzhiError `database-behind` when a migration of this version has not run
 */
export async function assertMigrated(db: pg.Pool): Promise<void> {
  const { rows } = await db.query<{ there: boolean }>("select to_regclass('dash.quota') is not null as there");
  if (!rows[0]?.there) {
    throw new GanzhiError('database-behind', 'The database is not at this version. Run "ganzhi migrate" first.');
  }
}

async function syncVocabulary(client: pg.Client): Promise<void> {
  await client.query(
    `insert into registry.quantity (id, code, name_zh, name_en, unit, kind, medium)
     select * from json_to_recordset($1) as q(id int2, code text, zh text, en text, unit text, kind text, medium text)
     on conflict (id) do update set code = excluded.code, name_zh = excluded.name_zh, name_en = excluded.name_en,
       unit = excluded.unit, kind = excluded.kind, medium = excluded.medium`,
    [JSON.stringify(QUANTITIES)],
  );
}
