import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GanzhiError } from '@ganzhi/schemas';
import { type Db, locateEmbedded, startEmbedded } from '@ganzhi/schemas/db';
import { findDatabase } from '../database.ts';
import { notedDatabase } from './run-note.ts';

export interface RunDatabase {
  /** Log-in of the analytics role. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * The database that a truth is about: the run's own, started for as long as it is looked at unless it runs already, or the network's.
 *
 * @throws GanzhiError `not-found` when the run's data were removed, `database-unreachable` when there is none
 */
export async function openRunDatabase(
  truth: string,
  config: { DATABASE_URL: string | undefined; GANZHI_DATA_DIR: string },
): Promise<RunDatabase> {
  const noted = notedDatabase(truth);
  if (noted === undefined) {
    return { url: findDatabase(config).urlFor('ganzhi_analytics'), close: async () => undefined };
  }
  // moved together with the truth
  const dataDir = existsSync(noted) ? noted : join(truth, 'data');
  if (!existsSync(dataDir)) {
    throw new GanzhiError(
      'not-found',
      `The data of this run are gone from ${noted}. Simulate again, with --data-dir to keep them elsewhere.`,
    );
  }
  const running = locateEmbedded(dataDir);
  if (running) return { url: running.urlFor('ganzhi_analytics'), close: async () => undefined };
  const started = await startEmbedded({ dataDir });
  return { url: started.urlFor('ganzhi_analytics'), close: () => started.stop() };
}

/** Without one mark less for so long, nobody books. */
const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 500;

/**
 * Waits until the ledger shows all readings: a running network books some seconds behind.
 *
 * @throws GanzhiError `unavailable` when no mark is taken for a minute
 */
export async function untilBooked(db: Db): Promise<void> {
  let fewest = Number.POSITIVE_INFINITY;
  let since = performance.now();
  for (;;) {
    const { rows } = await db.query<{ marks: number }>('select count(*)::int4 as marks from metering.dirty_span');
    const marks = rows[0]?.marks ?? 0;
    if (marks === 0) return;
    if (marks < fewest) [fewest, since] = [marks, performance.now()];
    if (performance.now() - since > PATIENCE_MS) {
      throw new GanzhiError(
        'unavailable',
        `${marks} registers wait for the ledger, and it takes none. Run "ganzhi analytics" on this database, then score again.`,
      );
    }
    await delay(LOOK_EVERY_MS);
  }
}
