import { randomUUID } from 'node:crypto';
import { type Db, type Tx, withTx } from '@ganzhi/schemas/db';

/** One value of the booked counter of a meter. */
export interface Delivered {
  ts: number;
  counts: bigint;
  quality?: number;
}

export const ENERGY = 1;

/**
 * Stores a batch the way ingest does, in one transaction: readings as received, other values as revisions, one mark over
 * what is new.
 *
 * @param ingest a pool as ganzhi_ingest
 */
export async function deliver(ingest: Db, meterId: number, readings: readonly Delivered[]): Promise<void> {
  await withTx(ingest, (tx) => store(tx, meterId, readings));
}

/** The same inside a transaction of the caller's. */
export async function store(tx: Tx, meterId: number, readings: readonly Delivered[]): Promise<void> {
  const batch = await tx.query<{ id: bigint }>(
    `insert into metering.batch (gateway_id, batch, seq, replay, readings, digest)
     select gateway_id, $2, 0, false, $3, '\\x00' from registry.meter where id = $1 returning id`,
    [meterId, randomUUID(), readings.length],
  );
  const times: number[] = [];
  for (const { ts, counts, quality = 0 } of readings) {
    const at = new Date(ts).toISOString();
    await tx.query(`select metering.ensure_partition('metering.reading'::regclass, $1)`, [at]);
    const values = [meterId, ENERGY, at, counts, quality, batch.rows[0]?.id];
    const fresh = await tx.query(
      `insert into metering.reading (meter_id, point, ts, value, quality, batch_id) values ($1, $2, $3, $4, $5, $6)
       on conflict do nothing`,
      values,
    );
    const revised = await tx.query(
      `insert into metering.reading_revision (meter_id, point, ts, value, quality, batch_id, received_at)
       select $1, $2, $3, $4, $5, $6, clock_timestamp() from metering.reading r
       where r.meter_id = $1 and r.point = $2 and r.ts = $3 and (r.value, r.quality) is distinct from ($4::int8, $5::int2)
       on conflict do nothing`,
      values,
    );
    if (fresh.rowCount || revised.rowCount) times.push(ts);
  }
  if (times.length > 0) {
    await tx.query('insert into metering.dirty_span (meter_id, point, from_ts, to_ts) values ($1, $2, $3, $4)', [
      meterId,
      ENERGY,
      new Date(Math.min(...times)).toISOString(),
      new Date(Math.max(...times)).toISOString(),
    ]);
  }
}

/** Everything in the ledger of one meter, without known_since: what two ways of getting there must agree on. */
export async function ledgerOf(db: Db, meterId: number) {
  const tables = ['hour', 'span', 'decision', 'day'].map(async (table) => {
    const { rows } = await db.query<Record<string, unknown>>(
      `select to_jsonb(t) - 'known_since' - 'estimated_at' as row from ledger.${table} t where meter_id = $1 order by to_jsonb(t)::text`,
      [meterId],
    );
    return rows.map(({ row }) => row);
  });
  const [hours, spans, decisions, days] = await Promise.all(tables);
  return { hours, spans, decisions, days };
}
