import { GanzhiError, toCounts } from '@ganzhi/schemas';
import { type Db, withTx } from '@ganzhi/schemas/db';

/** Quality of a register that a person read (schemas/src/telemetry.ts). */
const MANUAL = 4;
const PER_ROUND = 500;

/**
 * Hands confirmed manual readings to the ledger: each becomes a reading of quality 4 with a mark, in one transaction, so that
 * it is booked exactly once. `batch_id` is the negative id of the manual reading: its origin can be told.
 *
 * @returns how many were handed over
 */
export async function bookManualReadings(db: Db, now: number): Promise<number> {
  return withTx(db, async (tx) => {
    const { rows } = await tx.query<{
      id: bigint;
      meterId: number;
      point: number;
      decimals: number;
      ts: number;
      register: string;
    }>(
      `select r.id, r.meter_id as "meterId", p.point, p.decimals, r.ts, trim_scale(r.register) as register
       from energy.manual_reading r
       join registry.meter m on m.id = r.meter_id
       join registry.point p on p.meter_id = m.id and p.point = registry.booked_point(m.medium)
       where r.state = 'confirmed' and r.booked_at is null order by r.id limit $1
       for update of r skip locked`,
      [PER_ROUND],
    );
    for (const { id, meterId, point, decimals, ts, register } of rows) {
      const counts = toCounts(register, decimals);
      if (counts === undefined) throw new GanzhiError('internal', `manual reading ${id} does not fit in a register`);
      const at = new Date(ts);
      await tx.query(`select metering.ensure_partition('metering.reading'::regclass, $1)`, [at]);
      const values = [meterId, point, at, counts, MANUAL, -id];
      const fresh = await tx.query(
        `insert into metering.reading (meter_id, point, ts, value, quality, batch_id) values ($1, $2, $3, $4, $5, $6)
         on conflict do nothing`,
        values,
      );
      if (!fresh.rowCount) {
        await tx.query(
          `insert into metering.reading_revision (meter_id, point, ts, value, quality, batch_id) values ($1, $2, $3, $4, $5, $6)
           on conflict do nothing`,
          values,
        );
      }
      await tx.query('insert into metering.dirty_span (meter_id, point, from_ts, to_ts) values ($1, $2, $3, $3)', [
        meterId,
        point,
        at,
      ]);
    }
    await tx.query('update energy.manual_reading set booked_at = $2 where id = any($1::int8[])', [
      rows.map(({ id }) => id),
      new Date(now),
    ]);
    return rows.length;
  });
}
