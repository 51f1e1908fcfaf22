-- Up Migration
-- Figures of an institution, each formula once, for the services and for the dash views. Not security_invoker: PostgreSQL
-- checks such a view as the user of the outermost query, so a reader of a dash view would need rights on the tables. No
-- table read here carries row security; the scope is kept by the dash views, which join registry.institution.
-- energy = counts x ratio x unit_value, added as numeric: no binary fraction comes in before the edge.

-- The counter that is booked for a medium, the same as BOOKED_COUNTER in schemas/src/quantities.ts (a test compares). A
-- meter also keeps ledgers of its other counters (export, reactive); they are never added to consumption.
create function registry.booked_point(medium text) returns int2
language sql immutable parallel safe
return (case medium when 'electricity' then 1 when 'water' then 50 when 'gas' then 60 when 'heat' then 70 end)::int2;

create view ledger.meter_hour as
select m.institution_id, m.id as meter_id, m.medium, m.role, h.hour,
  h.counts * h.ratio * p.unit_value as consumption, h.covered_s, h.source
from registry.meter m
join ledger.hour h on h.meter_id = m.id and h.point = registry.booked_point(m.medium)
join registry.point p on p.meter_id = h.meter_id and p.point = h.point;

create view ledger.meter_day as
select m.institution_id, m.id as meter_id, m.medium, m.role, d.day,
  d.booked * p.unit_value as booked, d.undistributed * p.unit_value as undistributed,
  d.disputed * p.unit_value as disputed, d.covered_s
from registry.meter m
join ledger.day d on d.meter_id = m.id and d.point = registry.booked_point(m.medium)
join registry.point p on p.meter_id = d.meter_id and p.point = d.point;

create view ledger.meter_span as
select m.institution_id, m.id as meter_id, m.medium, m.role, s.from_ts, s.to_ts, s.class,
  s.counts * s.ratio * p.unit_value as energy, s.evidence
from registry.meter m
join ledger.span s on s.meter_id = m.id and s.point = registry.booked_point(m.medium)
join registry.point p on p.meter_id = s.meter_id and p.point = s.point;

create view ledger.institution_hour as
select h.institution_id, h.medium, h.hour,
  sum(h.consumption) as consumption,
  sum(h.covered_s) as covered_s,
  count(*) as meters_reporting,
  (select count(*) from registry.meter x
    where x.institution_id = h.institution_id and x.medium = h.medium and x.role = 'main') as meters
from ledger.meter_hour h
where h.role = 'main'
group by h.institution_id, h.medium, h.hour;

create view ledger.institution_day as
select d.institution_id, d.medium, d.day,
  sum(d.booked) as booked,
  sum(d.undistributed) as undistributed,
  sum(d.disputed) as disputed,
  sum(d.covered_s) as covered_s,
  count(*) as meters_reporting,
  (select count(*) from registry.meter x
    where x.institution_id = d.institution_id and x.medium = d.medium and x.role = 'main') as meters
from ledger.meter_day d
where d.role = 'main'
group by d.institution_id, d.medium, d.day;

-- Days of one meter, and the spans over midnight that only a month (or year) can hold.
create view ledger.span_over_midnight as
select s.*, s.counts * s.ratio as energy_counts
from ledger.span s
where (s.from_ts at time zone 'Asia/Shanghai')::date
  <> ((s.to_ts - interval '1 microsecond') at time zone 'Asia/Shanghai')::date;

create view metering.institution_power as
select m.institution_id,
  sum(l.value * r.ct * r.pt * p.unit_value) as power_kw,
  min(l.ts) as oldest_ts,
  count(*) as meters_reporting,
  (select count(*) from registry.meter x
    where x.institution_id = m.institution_id and x.medium = 'electricity' and x.role = 'main') as meters
from metering.latest l
join registry.meter m on m.id = l.meter_id and m.role = 'main' and m.medium = 'electricity'
join registry.point p on p.meter_id = l.meter_id and p.point = l.point
join registry.quantity q on q.id = l.point and q.code = 'power'
join lateral (select ct, pt from registry.meter_ratio r
  where r.meter_id = l.meter_id and r.valid_from <= l.ts order by valid_from desc limit 1) r on true
where l.ts > now() - interval '15 minutes'
group by m.institution_id;

grant select on ledger.meter_hour, ledger.meter_day, ledger.meter_span, ledger.institution_hour, ledger.institution_day,
  ledger.span_over_midnight, metering.institution_power
  to ganzhi_api, ganzhi_dash;
