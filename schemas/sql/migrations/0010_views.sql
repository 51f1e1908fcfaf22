-- Up Migration
-- Figures of an institution, each formula once. security_invoker: the caller's rights and row policies apply; read
-- through a dash view they are the dash owner's.
-- energy = counts x ratio x unit_value, added as numeric: no binary fraction comes in before the edge.

create view ledger.institution_hour with (security_invoker = true) as
select m.institution_id, m.medium, h.hour,
  sum(h.counts * h.ratio * p.unit_value) as consumption,
  sum(h.covered_s) as covered_s,
  count(*) as meters_reporting,
  (select count(*) from registry.meter x
    where x.institution_id = m.institution_id and x.medium = m.medium and x.role = 'main') as meters
from ledger.hour h
join registry.meter m on m.id = h.meter_id and m.role = 'main'
join registry.point p on p.meter_id = h.meter_id and p.point = h.point
group by m.institution_id, m.medium, h.hour;

create view ledger.institution_day with (security_invoker = true) as
select m.institution_id, m.medium, d.day,
  sum(d.booked * p.unit_value) as booked,
  sum(d.undistributed * p.unit_value) as undistributed,
  sum(d.disputed * p.unit_value) as disputed,
  sum(d.covered_s) as covered_s,
  count(*) as meters_reporting,
  (select count(*) from registry.meter x
    where x.institution_id = m.institution_id and x.medium = m.medium and x.role = 'main') as meters
from ledger.day d
join registry.meter m on m.id = d.meter_id and m.role = 'main'
join registry.point p on p.meter_id = d.meter_id and p.point = d.point
group by m.institution_id, m.medium, d.day;

-- Days of one meter, and the spans over midnight that only a month (or year) can hold.
create view ledger.span_over_midnight with (security_invoker = true) as
select s.*, s.counts * s.ratio as energy_counts
from ledger.span s
where (s.from_ts at time zone 'Asia/Shanghai')::date
  <> ((s.to_ts - interval '1 microsecond') at time zone 'Asia/Shanghai')::date;

create view metering.institution_power with (security_invoker = true) as
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

grant select on ledger.institution_hour, ledger.institution_day, ledger.span_over_midnight, metering.institution_power
  to ganzhi_api, ganzhi_dash;
