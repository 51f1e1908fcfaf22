import type { Db } from '@ganzhi/schemas/db';
import { asKnown, ledgerTable, receivedBy } from '../../energy/known.ts';
import { type Days, dayInstant } from '../../lib/day.ts';

const REACTIVE = 3;

export interface MonthOfSupply {
  /** Highest mean over a quarter of an hour of each main meter, added up; null: nothing is known. */
  demandKw: string | null;
  /** Some hour has no registers at its quarters: its own mean stands in, and the demand may have been higher. */
  demandAtLeast: boolean;
  activeKwh: string | null;
  reactiveKvarh: string | null;
  /** Main meters that book no reactive energy: without them there is no power factor. */
  withoutReactive: string[];
}

/**
 * What the charges of a month depend on. A quarter counts when its hour is booked in full and its four quarters add up to what
 * the ledger booked; otherwise the hour's mean does: a spike of a register is no demand.
 */
export async function monthOfSupply(
  db: Db,
  institutionId: number,
  days: Days,
  knownOn?: number,
): Promise<MonthOfSupply | undefined> {
  const at = knownOn === undefined ? undefined : '$4::timestamptz';
  const { rows } = await db.query<MonthOfSupply>(
    `with main as materialized (
       select h.meter_id, h.code, h.sign, p.point, p.unit_value,
         greatest(h.from_day::timestamp at time zone 'Asia/Shanghai', $2::timestamptz) as from_ts,
         least(h.to_day::timestamp at time zone 'Asia/Shanghai', $3::timestamptz) as to_ts
       from registry.held_meters(array[$1::int4], $4::timestamptz, null) h
       join registry.booked_counter p on p.meter_id = h.meter_id
       where h.medium = 'electricity' and h.role = 'main'),
     hour as (
       select m.meter_id, m.sign, h.counts * h.ratio * m.unit_value as kwh, q.n = 4 and q.total = h.counts as exact,
         q.top * h.ratio * m.unit_value * 4 as quarter_kw
       from main m
       join ${ledgerTable('hour', at)} h on h.meter_id = m.meter_id and h.point = m.point and h.hour >= m.from_ts and h.hour < m.to_ts
       cross join lateral (
         select max(x.step) as top, sum(x.step) as total, count(x.step)::int4 as n
         from (select r.value - lag(r.value) over (order by r.ts) as step from metering.reading r
           where r.meter_id = m.meter_id and r.point = m.point and r.quality <> 2 and ${receivedBy('r', at)}
             and r.ts in (h.hour, h.hour + interval '15 minutes', h.hour + interval '30 minutes',
               h.hour + interval '45 minutes', h.hour + interval '1 hour')) x) q),
     top as (
       select meter_id, max(case when exact then quarter_kw else kwh end) as kw, bool_or(not exact) as loose
       from hour where sign = 1 group by meter_id)
     select (select sum(kw) from top) as "demandKw", coalesce((select bool_or(loose) from top), false) as "demandAtLeast",
       (select sum(sign * kwh) from hour) as "activeKwh",
       (select sum(m.sign * h.counts * h.ratio * p.unit_value)
        from main m join registry.point p on p.meter_id = m.meter_id and p.point = ${REACTIVE}
        join ${ledgerTable('hour', at)} h on h.meter_id = m.meter_id and h.point = ${REACTIVE} and h.hour >= m.from_ts and h.hour < m.to_ts
       ) as "reactiveKvarh",
       array(select m.code from main m where m.from_ts < m.to_ts and not exists (
         select from registry.point p where p.meter_id = m.meter_id and p.point = ${REACTIVE}) order by 1) as "withoutReactive"`,
    [institutionId, new Date(dayInstant(days.from)), new Date(dayInstant(days.to)), asKnown(knownOn)],
  );
  return rows[0];
}
