import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { type Db, openDatabase } from '../db/open.ts';
import type { ServiceRole } from '../db/roles.ts';

export * from './registry.ts';

const TEMPLATE = 'ganzhi';

export interface TestDatabase {
  /** Superuser address of this database; services take it with their role (`set role` at connect). */
  url: string;
  /** A pool as one service role; closed by `drop`. */
  open(role: ServiceRole): Promise<Db>;
  /** Closes the pools opened here and drops the database. Fails when somebody else still holds a connection. */
  drop(): Promise<void>;
}

/**
 * A freshly migrated database of one's own, cloned from the template in some 30 ms. With GANZHI_TEST_FLAVOUR=timescale it is
 * TimescaleDB instead (some 3 s), so that a whole suite runs on the other flavour: see analytics/test/timescale.
 */
export async function testDatabase(): Promise<TestDatabase> {
  if (process.env.GANZHI_TEST_FLAVOUR === 'timescale') {
    return (await import('./timescale-server.ts')).timescaleDatabase();
  }
  const cluster = new URL(inject('testClusterUrl'));
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(cluster, `create database ${name} template ${TEMPLATE} strategy file_copy`);
  const own = new URL(cluster);
  own.pathname = `/${name}`;
  const pools: Db[] = [];
  return {
    url: own.href,
    open: async (role) => {
      const db = await openDatabase({ url: own.href, role, name: `test ${role}` });
      pools.push(db);
      return db;
    },
    drop: async () => {
      await Promise.all(pools.map((pool) => pool.end()));
      await asAdmin(cluster, `drop database ${name}`);
    },
  };
}

async function asAdmin(cluster: URL, statement: string): Promise<void> {
  const maintenance = new URL(cluster);
  maintenance.pathname = '/postgres';
  const client = new pg.Client({ connectionString: maintenance.href });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
