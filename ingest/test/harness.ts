import type { Db } from '@ganzhi/schemas/db';
import { fixtureRegistry, type RegistrySpec, type TestDatabase, testDatabase } from '@ganzhi/schemas/testing';
import pg from 'pg';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { type Ingest, type IngestOptions, startIngest } from '../src/index.ts';
import { Publisher } from './publisher.ts';

/** Server's time of the tests. */
export const NOW = Date.UTC(2026, 10, 23, 10, 0, 0);

export interface Harness {
  database: TestDatabase;
  owner: Db;
  ingest: Ingest;
  /** Database id by meter code. */
  meters: ReadonlyMap<string, number>;
  connect(code?: string): Promise<Publisher>;
  /** Rows of a query as the owner. */
  rows(sql: string, values?: unknown[]): Promise<unknown[]>;
  /** A superuser's connection of its own, to lock and to terminate. */
  superuser(): Promise<pg.Client>;
  /** Starts another ingest on the same database. */
  start(options?: Partial<IngestOptions>): Promise<Ingest>;
}

/**
 * Real broker, real database, a small registry; everything is undone when the test ends.
 *
 * @param atEnd `afterAll` where the tests of a file may share one
 */
export async function harness(
  options: Partial<IngestOptions> = {},
  registry: RegistrySpec = {},
  atEnd: (undo: () => Promise<void>) => void = onTestFinished,
): Promise<Harness> {
  const database = await testDatabase();
  const undo: (() => Promise<unknown>)[] = [() => database.drop()];
  atEnd(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });
  const owner = await database.open('ganzhi_owner');
  const { meters } = await fixtureRegistry(owner, registry);
  const start = async (more: Partial<IngestOptions> = {}): Promise<Ingest> => {
    const started = await startIngest({
      databaseUrl: database.url,
      mqttHost: '127.0.0.1',
      mqttPort: 0,
      httpHost: '127.0.0.1',
      httpPort: 0,
      mode: 'demo',
      batchMs: 5,
      batchRows: 10_000,
      clock: { now: () => NOW },
      logger: pino({ level: 'silent' }),
      ...options,
      ...more,
    });
    undo.push(() => started.stop());
    return started;
  };
  const ingest = await start();
  return {
    database,
    owner,
    ingest,
    meters,
    start,
    connect: async (code) => {
      const publisher = await Publisher.connect(ingest.mqttPort, code);
      undo.push(() => publisher.close());
      return publisher;
    },
    superuser: async () => {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      undo.push(() => client.end());
      return client;
    },
    rows: async (sql, values = []) => (await owner.query(sql, values)).rows,
  };
}

/** Waits until a condition holds; the test's own time limit ends a wait in vain. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((done) => setTimeout(done, 10));
}
