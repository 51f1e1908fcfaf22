import { type Db, openDatabase } from '@ganzhi/schemas/db';
import { type ChaosGateway, EVERY_MS, READINGS_PER_BATCH, START } from './gateway.ts';

export interface Books {
  made: number;
  acknowledged: number;
  stored: number;
  /** Acknowledged batches that the database does not have. */
  missing: number;
  /** Rows whose value is not the one that was sent for their time. */
  wrong: number;
  revisions: number;
  quarantined: number;
  refused: number;
}

/** Compares what the gateways know with what the database has, to the last reading. */
export async function compareBooks(url: string, gateways: readonly ChaosGateway[]): Promise<Books> {
  // first what was acknowledged, then what is stored: the other way round a batch in between would look lost
  const acknowledged = gateways.flatMap((gateway) => gateway.acknowledged);
  const db = await openDatabase({ url, role: 'ganzhi_owner', max: 1 });
  try {
    const found = await one<{ n: number }>(
      db,
      'select count(*)::int as n from metering.batch where batch = any($1::uuid[])',
      [acknowledged],
    );
    const readings = await one<{ stored: number; wrong: number }>(
      db,
      `select count(*)::int as stored,
         count(*) filter (where value <> 100 * extract(epoch from ts - to_timestamp($1::float8 / 1000)) * 1000 / $2)::int as wrong
       from metering.reading`,
      [START, EVERY_MS],
    );
    const others = await one<{ revisions: number; quarantined: number }>(
      db,
      `select (select count(*) from metering.reading_revision)::int as revisions,
         (select count(*) from metering.quarantine)::int as quarantined`,
      [],
    );
    return {
      made: gateways.reduce((total, { batches }) => total + batches, 0) * READINGS_PER_BATCH,
      acknowledged: acknowledged.length * READINGS_PER_BATCH,
      missing: acknowledged.length - found.n,
      refused: gateways.reduce((total, { refused }) => total + refused.length, 0),
      ...readings,
      ...others,
    };
  } finally {
    await db.end();
  }
}

async function one<R extends object>(db: Db, sql: string, values: unknown[]): Promise<R> {
  const { rows } = await db.query<R>(sql, values);
  const [row] = rows;
  if (!row) throw new Error('a count without a row');
  return row;
}
