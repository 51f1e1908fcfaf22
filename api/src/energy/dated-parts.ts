import { receivedBy } from './known.ts';

/**
 * The statements of parts.ts where time matters twice: for meters whose role or holder changed, and for figures as known on an
 * instant ($6; infinity: now). Slower, because each meter is added up by the spans of days in which it was a main meter of the
 * institution; for meters without records and for now they give what parts.ts gives (a test compares). With $7, a day, each meter
 * counts all of the span for whoever holds it that day.
 */

/** Spans of days, within $2 to $3, in which meters of the institutions $1 add up; with what is allocated and passed on. */
const MAIN = `
  wanted as (select i.id from registry.institution i where i.id = any($1::int4[])),
  rule as materialized (select meter_id, valid_from, recorded_at, basis from energy.allocation_rule where recorded_at <= $6::timestamptz),
  forward as materialized (
    select meter_id, valid_from, valid_to from energy.meter_use where purpose = 'forwarded' and recorded_at <= $6::timestamptz),
  meter as materialized (
    select h.meter_id as id, h.code, h.institution_id, c.code as carrier, p.point, p.unit_value, h.manual, h.role, h.sign,
      h.meter_id in (select meter_id from rule) as shared, h.meter_id in (select meter_id from forward) as forwarded,
      greatest(h.from_day, $2::date) as from_day, least(h.to_day, $3::date) as to_day
    from registry.held_meters($1::int4[], $6::timestamptz, $7::date) h
    join wanted w on w.id = h.institution_id
    join energy.carrier c on c.medium = h.medium
    left join registry.booked_counter p on p.meter_id = h.meter_id
    where h.from_day < $3::date and h.to_day > $2::date),
  part_of as (
    select m.*, m.from_day::timestamp at time zone 'Asia/Shanghai' as from_ts,
      m.to_day::timestamp at time zone 'Asia/Shanghai' as to_ts from meter m where m.role = 'main'),
  plain as (select * from part_of where not shared and point is not null)`;

/** Every part of what institutions used, with what it comes from. */
const PART = `
  with ${MAIN},
  day as (
    select m.id, m.from_day, sum(d.booked + d.undistributed) as counts
    from plain m join ledger.day_as_known($6::timestamptz) d
      on d.meter_id = m.id and d.point = m.point and d.day >= m.from_day and d.day < m.to_day
    group by m.id, m.from_day),
  span as (
    select m.id, m.from_day, sum(x.share) filter (where x.inside) as inside, sum(x.share) filter (where not x.inside) as cut
    from plain m
    join ledger.span_as_known($6::timestamptz) s on s.meter_id = m.id and s.point = m.point and s.class = 'undistributed'
      and s.to_ts > m.from_ts and s.from_ts < m.to_ts
      and (s.from_ts at time zone 'Asia/Shanghai')::date
        <> ((s.to_ts - interval '1 microsecond') at time zone 'Asia/Shanghai')::date
    cross join lateral (select s.from_ts >= m.from_ts and s.to_ts <= m.to_ts as inside,
      energy.linear_share(s.counts::numeric * s.ratio, (extract(epoch from s.from_ts) * 1000)::int8,
        (extract(epoch from s.to_ts) * 1000)::int8, (extract(epoch from m.from_ts) * 1000)::int8,
        (extract(epoch from m.to_ts) * 1000)::int8) as share) x
    group by m.id, m.from_day),
  unmeasured as (
    select m.id, m.from_day, h.source, sum(h.counts * h.ratio) as counts
    from plain m join ledger.hour_as_known($6::timestamptz) h on h.meter_id = m.id and h.point = m.point and h.source <> 'measured'
      and h.hour >= m.from_ts and h.hour < m.to_ts
    group by m.id, m.from_day, h.source),
  other_day as (
    select d.* from (select array_agg(distinct id) as ids from meter where shared or forwarded) a
    cross join lateral energy.meter_days_as_known(a.ids, $2::date, $3::date, $6::timestamptz) d),
  part (institution_id, carrier, purpose, class, quantity, source, ref, name) as (
    select m.institution_id, m.carrier, 'building', case when m.manual then 'manual' else 'measured' end,
      m.sign * (coalesce(d.counts, 0) + coalesce(s.inside, 0)
        - case when m.manual then 0 else coalesce((select sum(u.counts) from unmeasured u
            where u.id = m.id and u.from_day = m.from_day), 0) end) * m.unit_value, 'meter', m.id::int8, m.code
    from plain m left join day d on d.id = m.id and d.from_day = m.from_day
    left join span s on s.id = m.id and s.from_day = m.from_day
    where d.id is not null or s.inside is not null
    union all
    select m.institution_id, m.carrier, 'building', u.source, m.sign * u.counts * m.unit_value, 'meter', m.id, m.code
    from unmeasured u join plain m on m.id = u.id and m.from_day = u.from_day where not m.manual
    union all
    select m.institution_id, m.carrier, 'building', case when m.manual then 'derived' else 'estimated' end,
      m.sign * s.cut * m.unit_value, 'meter', m.id, m.code
    from span s join plain m on m.id = s.id and m.from_day = s.from_day where s.cut is not null
    union all
    select m.institution_id, m.carrier, 'building', v.class, m.sign * v.quantity, 'meter', m.id, m.code
    from part_of m join other_day o on o.meter_id = m.id and o.day >= m.from_day and o.day < m.to_day
    cross join lateral (values ('measured', o.certain), ('estimated', o.shaped)) v(class, quantity)
    where m.shared and coalesce((select r.basis from rule r
      where r.meter_id = m.id and r.valid_from <= o.day order by r.valid_from desc, r.recorded_at desc limit 1), 'none') = 'none'
    union all
    select a.institution_id, c.code, 'building', case when a.unallocated then 'measured' else 'allocated' end, a.energy,
      'allocation', a.meter_id, null
    from energy.allocated_day_as_known($6::timestamptz) a
    join wanted w on w.id = a.institution_id
    join energy.carrier c on c.medium = a.medium
    where a.day >= $2::date and a.day < $3::date
    union all
    select m.institution_id, m.carrier, 'building', v.class, -v.quantity, 'forwarded', m.id, m.code
    from meter m join other_day o on o.meter_id = m.id and o.day >= m.from_day and o.day < m.to_day
    cross join lateral (values ('measured', o.certain), ('estimated', o.shaped)) v(class, quantity)
    where m.forwarded and exists (select from forward u where u.meter_id = m.id
      and u.valid_from <= o.day and (u.valid_to is null or u.valid_to > o.day))
    union all
    select a.institution_id, a.carrier, a.purpose, 'derived',
      energy.day_share(b.quantity * 10000, b.from_day, b.to_day, $2::date, $3::date) / 10000, 'bill', b.id, a.account_no
    from energy.utility_account a join wanted w on w.id = a.institution_id
    join energy.bill b on b.account_id = a.id and b.entered_at <= $6::timestamptz
      and (b.voided_at is null or b.voided_at > $6::timestamptz) and b.from_day < $3::date and b.to_day > $2::date
    where a.counting = 'additional'
    union all
    select s.institution_id, s.carrier, s.purpose, 'manual', h.quantity, 'series', s.id, s.name
    from energy.series s join wanted w on w.id = s.institution_id
    join energy.series_hour h on h.series_id = s.id and h.hour >= $4 and h.hour < $5
    where s.created_at <= $6::timestamptz
  )`;

export const DATED_PARTS = `${PART}
  select institution_id as "institutionId", carrier, purpose, class, sum(quantity) as quantity
  from part group by institution_id, carrier, purpose, class having sum(quantity) is not null
  order by institution_id, carrier, purpose, class`;

/** The same, by what it comes from: meter, share of a shared meter, energy passed on, bill, imported series. */
export const DATED_SOURCES = `${PART}
  select carrier, purpose, source, ref, name, class, sum(quantity) as quantity
  from part group by carrier, purpose, source, ref, name, class having sum(quantity) is not null
  order by carrier, purpose, source, name, ref, class`;

/** As CHILDREN of parts.ts; $4 is when the span begins, $5 up to when values were due. */
export const DATED_CHILDREN = `
  with ${MAIN},
  due as (
    select m.*, least(m.to_ts, $5::timestamptz) as due_ts from part_of m where m.from_ts < greatest($5::timestamptz, $4::timestamptz + interval '1 second'))
  select m.institution_id as "institutionId", m.carrier, m.code as name,
    least(1, coalesce((select sum(d.covered_s) from ledger.day_as_known($6::timestamptz) d where d.meter_id = m.id and d.point = m.point
      and d.day >= m.from_day and d.day < m.to_day), 0)::float8
      / greatest(1, extract(epoch from m.due_ts - m.from_ts)::float8)) as coverage,
    not exists (select from metering.reading r where r.meter_id = m.id and r.point = m.point and r.ts <= m.from_ts
        and r.quality <> 2 and ${receivedBy('r', '$6::timestamptz')})
      or not exists (select from metering.reading r where r.meter_id = m.id and r.point = m.point and r.ts >= m.due_ts
        and r.quality <> 2 and ${receivedBy('r', '$6::timestamptz')})
      or exists (select from ledger.span_as_known($6::timestamptz) s where s.meter_id = m.id and s.point = m.point
        and s.class = 'disputed' and s.to_ts > m.from_ts and s.from_ts < m.due_ts) as missing,
    true as meter
  from due m
  union all
  select a.institution_id, a.carrier, a.account_no,
    coalesce(b.days, 0)::float8 / ($3::date - $2::date), coalesce(b.days, 0) < $3::date - $2::date, false
  from energy.utility_account a
  left join lateral (select sum(least(b.to_day, $3::date) - greatest(b.from_day, $2::date)) as days from energy.bill b
    where b.account_id = a.id and b.entered_at <= $6::timestamptz and (b.voided_at is null or b.voided_at > $6::timestamptz)
      and b.from_day < $3::date and b.to_day > $2::date) b on true
  where a.counting = 'additional' and a.institution_id = any($1::int4[]) and a.created_at <= $6::timestamptz
  order by 1, 2, 3`;
