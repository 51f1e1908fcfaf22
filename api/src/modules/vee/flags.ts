import { addDays, type CalendarOverrides, dayType, type VeeRuleCode } from '@ganzhi/analytics/rules';
import { DAY, dateText } from '@ganzhi/schemas';
import type { Db, Tx } from '@ganzhi/schemas/db';

/** A stretch of a meter that a rule questions. */
export interface Flag {
  readonly meterId: number;
  readonly fromTs: number;
  readonly toTs: number;
  /** What was found, in numbers. */
  readonly detail: string;
}

/** Meters and their thresholds `a` and `b`; $1 ids, $2 and $3 the span, $4 and $5 thresholds. */
const W = `w as (
  select m.id, m.institution_id, m.gateway_id, m.parent_id, m.medium, m.interval_s, p.point, p.unit_value, p.modulus, x.a, x.b
  from unnest($1::int4[], $4::float8[], $5::float8[]) x(id, a, b)
  join registry.meter m on m.id = x.id
  join registry.point p on p.meter_id = m.id and p.point = registry.booked_point(m.medium))`;

/** A day of Shanghai as the flag's span. */
const DAY_SPAN = (day: string): string =>
  `${day}::timestamp at time zone 'Asia/Shanghai' as "fromTs", (${day} + 1)::timestamp at time zone 'Asia/Shanghai' as "toTs"`;
const FIRST_DAY = "($2::timestamptz at time zone 'Asia/Shanghai')::date";
const LAST_DAY = "(($3::timestamptz - interval '1 microsecond') at time zone 'Asia/Shanghai')::date";

/** Rules that question what stands, each one statement; V2, V3, V4 and V8 are judged from the register (judged.ts). */
const STATEMENTS: Readonly<Partial<Record<VeeRuleCode, string>>> = {
  V1: `select w.id as "meterId", r.ts as "fromTs", r.ts as "toTs", trim_scale(r.value * w.unit_value)::text as detail
    from w cross join lateral (select r.ts, r.value from metering.reading r
      where r.meter_id = w.id and r.point = w.point and r.ts >= $2 and r.ts < $3 and r.quality <> 2
        and (r.value * w.unit_value < w.a::numeric or r.value >= w.modulus * w.b::numeric) offset 0) r`,
  V5: `select w.id as "meterId", ${DAY_SPAN('x.day')}, round(((x.top[1] - x.top[3]) / x.top[3])::numeric, 3)::text as detail
    from w cross join lateral (
      select (h.hour at time zone 'Asia/Shanghai')::date as day,
        array_agg((h.counts * h.ratio)::float8 order by h.counts * h.ratio desc) as top
      from ledger.hour h where h.meter_id = w.id and h.point = w.point and h.hour >= $2 and h.hour < $3 group by 1) x
    where x.top[3] > 0 and (x.top[1] - x.top[3]) / x.top[3] > w.a`,
  V6: `select w.id as "meterId", r.before as "fromTs", r.ts as "toTs", extract(epoch from r.ts - r.before)::int8 || ' s' as detail
    from w cross join lateral (
      select ts, lag(ts) over (order by ts) as before from metering.reading r
      where r.meter_id = w.id and r.point = w.point and r.ts >= $2 and r.ts < $3 and r.quality <> 2) r
    where r.ts - r.before > w.a * w.interval_s * interval '1 second'`,
  V7: `select w.id as "meterId", s.last_seen_at as "fromTs", s.last_seen_at as "toTs",
      round(s.clock_offset_ms / 1000.0, 1) || ' s, ' || case when abs(s.clock_offset_ms) > w.b * 1000 then 'reject' else 'warn' end as detail
    from w join metering.gateway_state s on s.gateway_id = w.gateway_id
    where s.last_seen_at >= $2 and s.last_seen_at < $3 and abs(s.clock_offset_ms) > least(w.a, w.b) * 1000`,
  V9: `select w.id as "meterId", ${DAY_SPAN('d.day')}, round((d.energy / l.mean)::numeric, 3)::text as detail
    from w
    cross join lateral (select d.day, (d.booked + d.undistributed)::float8 as energy from ledger.day d
      where d.meter_id = w.id and d.point = w.point and d.day between ${FIRST_DAY} and ${LAST_DAY} and d.covered_s >= 77760) d
    join unnest($6::date[], $7::bool[]) c(day, workday) on c.day = d.day
    cross join lateral (
      select avg(p.booked + p.undistributed)::float8 as mean, count(*) as n from ledger.day p
      join unnest($6::date[], $7::bool[]) k(day, workday) on k.day = p.day and k.workday = c.workday
      where p.meter_id = w.id and p.point = w.point and p.day >= d.day - 28 and p.day < d.day and p.covered_s >= 77760) l
    where l.n >= 2 and l.mean > 0 and (d.energy < w.a * l.mean or d.energy > w.b * l.mean)`,
  V10: `select w.id as "meterId", ${DAY_SPAN('d.day')}, round(((d.energy - c.energy) / d.energy)::numeric, 4)::text as detail
    from w
    cross join lateral (select d.day, (d.booked + d.undistributed)::float8 * w.unit_value::float8 as energy from ledger.day d
      where d.meter_id = w.id and d.point = w.point and d.day between ${FIRST_DAY} and ${LAST_DAY} and d.disputed = 0) d
    cross join lateral (
      select count(*) as n, count(y.day) as known, sum((y.booked + y.undistributed)::float8 * q.unit_value::float8) as energy
      from registry.meter k
      join registry.point q on q.meter_id = k.id and q.point = registry.booked_point(k.medium)
      left join ledger.day y on y.meter_id = k.id and y.point = q.point and y.day = d.day and y.disputed = 0
      where k.parent_id = w.id and k.medium = w.medium) c
    where c.n > 0 and c.n = c.known and d.energy > 0 and abs(d.energy - c.energy) / d.energy > w.a`,
  V11: `select w.id as "meterId", r.ts as "fromTs", r.ts as "toTs", q.code || ' ' || trim_scale(r.value * g.unit_value) as detail
    from w
    join registry.point g on g.meter_id = w.id
    join registry.quantity q on q.id = g.point and q.code in ('voltage.a', 'voltage.b', 'voltage.c', 'power.factor', 'power')
    cross join lateral (select r.ts, r.value from metering.reading r
      where r.meter_id = w.id and r.point = g.point and r.ts >= $2 and r.ts < $3 and r.quality <> 2
        and case when q.code = 'power' then r.value < 0
          when q.code = 'power.factor' then abs(r.value * g.unit_value) < w.b::numeric
          -- phase voltage; behind a transformer it is another nominal voltage
          else not exists (select from registry.meter_ratio t where t.meter_id = w.id and t.pt > 1)
            and abs(r.value * g.unit_value / 220 - 1) > w.a::numeric end offset 0) r`,
  V12: `select w.id as "meterId", b.from_day::timestamp at time zone 'Asia/Shanghai' as "fromTs",
      b.to_day::timestamp at time zone 'Asia/Shanghai' as "toTs", 'bill ' || b.quantity || ', metered ' || round(t.energy, 2) as detail
    from w
    join energy.carrier c on c.medium = w.medium
    join energy.utility_account a on a.institution_id = w.institution_id and a.carrier = c.code and a.counting = 'check'
    join energy.bill b on b.account_id = a.id and b.voided_at is null and b.quantity > 0
      and b.from_day >= ${FIRST_DAY} and b.to_day <= ${LAST_DAY} + 1
    cross join lateral (select sum(d.certain + d.shaped) as energy from energy.meter_days(
      array(select k.id from registry.meter k where k.institution_id = w.institution_id and k.medium = w.medium and k.role = 'main'),
      b.from_day, b.to_day) d) t
    where w.parent_id is null and abs(t.energy - b.quantity) / b.quantity > w.a::numeric
    union all
    select w.id, x.month, x.until, 'without a day ' || round(x.share, 4)
    from w cross join lateral (
      select f.month, f.until, coalesce(f.loose, 0) / nullif(coalesce(f.loose, 0) + f.days, 0) as share
      from (
        select (g at time zone 'Asia/Shanghai') as month, ((g + interval '1 month') at time zone 'Asia/Shanghai') as until,
          (select sum(d.booked + d.undistributed)::numeric from ledger.day d where d.meter_id = w.id and d.point = w.point
            and d.day >= g::date and d.day < (g + interval '1 month')::date) as days,
          (select sum(s.energy_counts)::numeric from ledger.span_over_midnight s where s.meter_id = w.id and s.point = w.point
            and s.class = 'undistributed' and s.from_ts >= (g at time zone 'Asia/Shanghai')
            and s.to_ts <= ((g + interval '1 month') at time zone 'Asia/Shanghai')) as loose
        from generate_series(date_trunc('month', $2::timestamptz at time zone 'Asia/Shanghai'),
          date_trunc('month', ($3::timestamptz - interval '1 microsecond') at time zone 'Asia/Shanghai'), interval '1 month') g) f) x
    where x.share > w.b::numeric`,
};

/** Flags of one statement at most: more tell nothing further. */
export const MOST_FLAGS = 50_000;

/** @returns undefined for a rule that is judged from the register */
export async function flagsOf(
  db: Db | Tx,
  rule: VeeRuleCode,
  meterIds: readonly number[],
  span: { from: number; to: number },
  { values, calendar }: { values: readonly (readonly number[])[]; calendar: CalendarOverrides },
): Promise<Flag[] | undefined> {
  const statement = STATEMENTS[rule];
  if (!statement) return undefined;
  const none = meterIds.map(() => 0);
  const parameters: unknown[] = [
    meterIds,
    ...[new Date(span.from), new Date(span.to)],
    ...[values[0] ?? none, values[1] ?? none],
  ];
  if (rule === 'V9') parameters.push(...likeDays(span, calendar));
  const { rows } = await db.query<Flag>(
    `with ${W} select * from (${statement}) f order by "meterId", "fromTs" limit ${MOST_FLAGS}`,
    parameters,
  );
  return rows;
}

/** Days from four weeks before the span on, and whether each is a workday. */
function likeDays({ from, to }: { from: number; to: number }, calendar: CalendarOverrides): [string[], boolean[]] {
  const first = dateText(from - 28 * DAY);
  const length = Math.ceil((to - from) / DAY) + 30;
  const days = Array.from({ length }, (_, i) => addDays(first, i));
  return [days, days.map((day) => ['workday', 'adjusted-workday'].includes(dayType(day, calendar).type))];
}
