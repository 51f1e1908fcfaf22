/**
 * The second implementation of the ledger's rules, in SQL and from raw readings; it shares nothing with src/rules.
 * Parameters of every statement: $1 points that are booked, $2 meter codes or null for all.
 *
 * Which readings were set aside and which steps are disputed is taken from ledger.decision: those are judgements. What they
 * rest on, and all arithmetic that follows, is proved here.
 */
const REGISTER = `
  register as (
    select m.id as meter_id, p.point, m.code, q.code as point_code, p.modulus::numeric as modulus,
      greatest(1800000, m.interval_s * 1500) as longest_ms,
      10000000000000000 / coalesce((select max(r.ct::int8 * r.pt) from registry.meter_ratio r where r.meter_id = m.id), 1) as largest
    from registry.meter m
    join registry.point p on p.meter_id = m.id and p.point = any($1::int2[])
    join registry.quantity q on q.id = p.point and q.medium = m.medium
    where $2::text[] is null or m.code = any($2))`;

/** Every register that counts; made once, for three statements read it. */
export const EFFECTIVE = `
  create temporary table check_effective on commit drop as
  with ${REGISTER},
  candidate as (
    select meter_id, point, ts, value, quality, 0 as revision, '-infinity'::timestamptz as received_at, batch_id from metering.reading
    union all
    select meter_id, point, ts, value, quality, 1, received_at, batch_id from metering.reading_revision),
  ranked as (
    select r.meter_id, r.point, (extract(epoch from c.ts) * 1000)::int8 as at, c.value,
      row_number() over (partition by r.meter_id, r.point, c.ts
        order by c.quality, c.revision desc, c.received_at desc, c.batch_id desc) as rank
    from register r
    join candidate c on c.meter_id = r.meter_id and c.point = r.point
      and c.quality <> 2 and c.value <= r.largest and c.value >= -r.largest)
  select meter_id, point, at, value from ranked where rank = 1`;

/** Every step from one register to the next of the same meter; a replacement ends one meter and begins another. */
export const STEP = `
  create temporary table check_step on commit drop as
  with ${REGISTER},
  known as (select meter_id, point, min(at) as since, max(at) as until from check_effective group by meter_id, point),
  replaced as (
    select p.meter_id, p.point, p.at_ms, p.closing, p.opening
    from (select meter_id, point, (extract(epoch from at) * 1000)::int8 as at_ms, closing, opening
      from registry.meter_replacement) p
    join known k using (meter_id, point) where p.at_ms > k.since and p.at_ms <= k.until),
  aside as (
    select meter_id, point, (extract(epoch from from_ts) * 1000)::int8 as from_ms, (extract(epoch from to_ts) * 1000)::int8 as to_ms
    from ledger.decision where effect = 'set-aside'),
  trusted as (
    select e.meter_id, e.point, e.at, e.value, 2 as place
    from check_effective e
    where not exists (select from aside a where a.meter_id = e.meter_id and a.point = e.point and e.at > a.from_ms and e.at < a.to_ms)
      and not exists (select from replaced x where x.meter_id = e.meter_id and x.point = e.point and x.at_ms = e.at)
    union all
    select meter_id, point, at_ms, closing, 0 from replaced
    union all
    select meter_id, point, at_ms, opening, 1 from replaced),
  living as (
    select meter_id, point, at, value, place,
      count(*) filter (where place = 1) over (partition by meter_id, point order by at, place) as life
    from trusted),
  neighbour as (
    select meter_id, point, at as t1, value as r1, lag(at) over w as t0, lag(value) over w as r0
    from living window w as (partition by meter_id, point, life order by at, place)),
  disputed as (
    select distinct meter_id, point, (extract(epoch from from_ts) * 1000)::int8 as t0, (extract(epoch from to_ts) * 1000)::int8 as t1
    from ledger.decision where effect = 'disputed')
  select meter_id, point, n.t0, n.t1, r.longest_ms, d.t0 is not null as disputed,
    case when r1 < r0 and r0 < modulus and 10 * r0::numeric > 9 * modulus and r1 >= 0 and 10 * r1::numeric < modulus
      then r1::numeric + modulus - r0 else r1::numeric - r0 end as moved
  from neighbour n
  join register r using (meter_id, point)
  left join disputed d using (meter_id, point, t0, t1)
  where n.t0 is not null`;

/** Registers against the sum of all their hours and spans. */
export const MOVEMENT = `
  with ${REGISTER},
  movement as (select meter_id, point, sum(moved) as counts from check_step group by meter_id, point),
  stored as (
    select meter_id, point, sum(counts) as counts
    from (select meter_id, point, counts from ledger.hour union all select meter_id, point, counts from ledger.span) e
    group by meter_id, point)
  select r.code as "meterCode", r.point_code as point, null as at, coalesce(v.counts, 0)::int8 as expected,
    coalesce(e.counts, 0)::int8 as found
  from register r
  left join movement v using (meter_id, point)
  left join stored e using (meter_id, point)
  order by r.code, r.point`;

/** Each hour (with what moved in it under another ratio) and each span, one by one. */
export const ENTRIES = `
  with ${REGISTER},
  part as (
    select s.meter_id, s.point, h * 3600000 as hour, s.moved, s.t0, s.t1 - s.t0 as length,
      greatest(s.t0, h * 3600000) - s.t0 as since, least(s.t1, (h + 1) * 3600000) - s.t0 as until
    from check_step s cross join lateral generate_series(s.t0 / 3600000, (s.t1 - 1) / 3600000) h
    where s.moved >= 0 and not s.disputed and s.t1 - s.t0 <= s.longest_ms),
  expected as (
    select meter_id, point, 'hour' as kind, hour as at,
      sum(div(2 * moved * until + length, 2 * length) - div(2 * moved * since + length, 2 * length)) as counts
    from part group by meter_id, point, hour
    union all
    select meter_id, point, 'span', t0, moved from check_step where moved < 0 or disputed or t1 - t0 > longest_ms),
  stored as (
    select meter_id, point, case when changed then 'hour' else 'span' end as kind,
      case when changed then at / 3600000 * 3600000 else at end as at, counts
    from (select s.meter_id, s.point, (extract(epoch from s.from_ts) * 1000)::int8 as at, s.counts::numeric as counts,
        s.evidence ->> 'kind' = 'ratio-change' as changed
      from ledger.span s join register using (meter_id, point)) s
    union all
    select h.meter_id, h.point, 'hour', (extract(epoch from h.hour) * 1000)::int8, h.counts
    from ledger.hour h join register using (meter_id, point)),
  found as (select meter_id, point, kind, at, sum(counts) as counts from stored group by meter_id, point, kind, at)
  select r.code as "meterCode", r.point_code as point, kind,
    to_char(to_timestamp(at / 1000.0) at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS.MS"+08:00"') as at,
    e.counts::int8 as expected, f.counts::int8 as found
  from expected e full join found f using (meter_id, point, kind, at)
  join register r using (meter_id, point)
  where e.counts is distinct from f.counts
  order by r.code, r.point, at`;

/** Each stored day against the hours and spans inside it, class by class. */
export const DAYS = `
  with wanted as (
    select m.id as meter_id, m.code from registry.meter m where $2::text[] is null or m.code = any($2)),
  entry as (
    select h.meter_id, h.point, (h.hour at time zone 'Asia/Shanghai')::date as day, 'booked' as class,
      h.counts::numeric * h.ratio as energy
    from ledger.hour h join wanted w using (meter_id)
    union all
    select s.meter_id, s.point, (s.from_ts at time zone 'Asia/Shanghai')::date, s.class, s.counts::numeric * s.ratio
    from ledger.span s join wanted w using (meter_id)
    where s.to_ts at time zone 'Asia/Shanghai' <= ((s.from_ts at time zone 'Asia/Shanghai')::date + 1)::timestamp),
  expected as (
    select meter_id, point, day, coalesce(sum(energy) filter (where class = 'booked'), 0) as booked,
      coalesce(sum(energy) filter (where class = 'undistributed'), 0) as undistributed,
      coalesce(sum(energy) filter (where class = 'disputed'), 0) as disputed
    from entry where point = any($1::int2[]) group by meter_id, point, day),
  stored as (
    select d.meter_id, d.point, d.day, d.booked::numeric, d.undistributed::numeric, d.disputed::numeric
    from ledger.day d join wanted w using (meter_id))
  select w.code as "meterCode", q.code as point, day::text || ' ' || class as at, v.expected::int8 as expected, v.found::int8 as found
  from expected e full join stored t using (meter_id, point, day)
  cross join lateral (values ('booked', e.booked, t.booked), ('undistributed', e.undistributed, t.undistributed),
    ('disputed', e.disputed, t.disputed)) v(class, expected, found)
  join wanted w using (meter_id)
  join registry.quantity q on q.id = point
  where v.expected is distinct from v.found
  order by w.code, point, day`;

/**
 * Each decision to set readings aside: it must name as many as there are, the registers around them, and one set aside by itself
 * must not lie on the way (of two that contradict each other neither is believed).
 */
export const DECISIONS = `
  with ${REGISTER},
  aside as (
    select meter_id, point, (extract(epoch from from_ts) * 1000)::int8 as from_ms, (extract(epoch from to_ts) * 1000)::int8 as to_ms,
      kind, evidence
    from ledger.decision where effect = 'set-aside'),
  judged as (
    select a.meter_id, a.point, a.from_ms, a.kind, a.evidence, count(e.at) as n, min(e.value) as lowest, max(e.value) as highest
    from aside a
    join register r using (meter_id, point)
    left join check_effective e on e.meter_id = a.meter_id and e.point = a.point and e.at > a.from_ms and e.at < a.to_ms
    group by a.meter_id, a.point, a.from_ms, a.to_ms, a.kind, a.evidence)
  select r.code as "meterCode", r.point_code as point,
    to_char(to_timestamp(from_ms / 1000.0) at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS.MS"+08:00"') as at,
    (evidence ->> 'readings')::int8 as expected, j.n as found
  from judged j
  join register r using (meter_id, point)
  where j.n is distinct from (evidence ->> 'readings')::int8
    or (not evidence ? 'edit' and j.n = 1 and lowest > (evidence ->> 'r0')::numeric and highest < (evidence ->> 'r1')::numeric)
  order by r.code, r.point, at`;
