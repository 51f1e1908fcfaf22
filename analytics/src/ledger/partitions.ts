import type { Db } from '@ganzhi/schemas/db';
import { LANES, type MeterChoice } from './marks.ts';

/**
 * Makes the months that a round is about to write, in a transaction of its own: making one keeps others from making
 * one until the commit, and two rounds beside each other that need two months in turn would end in a deadlock. What a round
 * reaches beyond its marks is made when it is written (hours.ts).
 */
export async function ensureMonths(db: Db, limit: number, choice: MeterChoice): Promise<void> {
  await db.query(
    `select metering.ensure_partition('ledger.hour'::regclass, month)
     from (
       select distinct g as month
       from (
         select from_ts, to_ts from metering.dirty_span
         where ($2::int4[] is null or meter_id = any($2)) and not meter_id = any($3::int4[])
           and ($4::int4 is null or meter_id % $5 = $4)
         order by to_ts desc, id limit $1) d
       cross join lateral generate_series(date_trunc('month', greatest(d.from_ts, d.to_ts - interval '1 year'), 'UTC'),
         date_trunc('month', d.to_ts, 'UTC'), interval '1 month') g) m`,
    [limit, choice.onlyMeters ?? null, choice.exceptMeters ?? [], choice.lane ?? null, LANES],
  );
}
