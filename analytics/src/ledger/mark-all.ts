import type { Db } from '@ganzhi/schemas/db';

/**
 * Marks every register (or those of some meters) dirty from its first to its last reading: after a correction of ratio,
 * modulus or interval, and after a change of the rules. Unchanged rows keep their known_since.
 *
 * @returns how many registers were marked
 */
export async function markAll(db: Db, meterIds?: readonly number[], cause = 'rule'): Promise<number> {
  const { rowCount } = await db.query(
    `insert into metering.dirty_span (meter_id, point, from_ts, to_ts, cause)
     select p.meter_id, p.point, first.ts, last.ts, $2
     from registry.point p
     join registry.quantity q on q.id = p.point and q.kind = 'counter'
     cross join lateral (select ts from metering.reading r where r.meter_id = p.meter_id and r.point = p.point
       order by ts limit 1) first
     cross join lateral (select ts from metering.reading r where r.meter_id = p.meter_id and r.point = p.point
       order by ts desc limit 1) last
     where $1::int4[] is null or p.meter_id = any($1)`,
    [meterIds ?? null, cause],
  );
  return rowCount ?? 0;
}
