-- Up Migration
-- Energy counts for whoever held the meter then: the first half of the year stays with a body that was merged on 1 July. A
-- span without known hours that reaches over the change counts for whoever holds the meter at its end.
create or replace view ledger.meter_hour as
select m.institution_id, m.id as meter_id, m.medium, m.role, h.hour,
  h.counts * h.ratio * p.unit_value as consumption, h.covered_s, h.source
from registry.meter m
join ledger.hour h on h.meter_id = m.id and h.point = registry.booked_point(m.medium)
join registry.point p on p.meter_id = h.meter_id and p.point = h.point
where not m.dated and (m.held_from = '-infinity' or h.hour >= m.held_from::timestamp at time zone 'Asia/Shanghai')
union all
select m.institution_id, m.id, m.medium, f.role, h.hour,
  case f.direction when 'out' then -1 else 1 end * h.counts * h.ratio * p.unit_value, h.covered_s, h.source
from registry.meter m
join registry.meter_periods('infinity') f on f.meter_id = m.id
join ledger.hour h on h.meter_id = m.id and h.point = registry.booked_point(m.medium)
  and h.hour >= f.from_day::timestamp at time zone 'Asia/Shanghai' and h.hour < f.to_day::timestamp at time zone 'Asia/Shanghai'
join registry.point p on p.meter_id = h.meter_id and p.point = h.point
where m.dated and (m.held_from = '-infinity' or h.hour >= m.held_from::timestamp at time zone 'Asia/Shanghai')
union all
select f.institution_id, f.meter_id, f.medium, f.role, h.hour,
  h.counts * h.ratio * p.unit_value, h.covered_s, h.source
from registry.former_holding f
join ledger.hour h on h.meter_id = f.meter_id and h.point = registry.booked_point(f.medium)
  and h.hour >= f.from_day::timestamp at time zone 'Asia/Shanghai' and h.hour < f.to_day::timestamp at time zone 'Asia/Shanghai'
join registry.point p on p.meter_id = h.meter_id and p.point = h.point;

create or replace view ledger.meter_day as
select m.institution_id, m.id as meter_id, m.medium, m.role, d.day,
  d.booked * p.unit_value as booked, d.undistributed * p.unit_value as undistributed,
  d.disputed * p.unit_value as disputed, d.covered_s
from registry.meter m
join ledger.day d on d.meter_id = m.id and d.point = registry.booked_point(m.medium)
join registry.point p on p.meter_id = d.meter_id and p.point = d.point
where not m.dated and d.day >= m.held_from
union all
select m.institution_id, m.id, m.medium, f.role, d.day,
  s.sign * d.booked * p.unit_value, s.sign * d.undistributed * p.unit_value, s.sign * d.disputed * p.unit_value, d.covered_s
from registry.meter m
join registry.meter_periods('infinity') f on f.meter_id = m.id
cross join lateral (select case f.direction when 'out' then -1 else 1 end as sign) s
join ledger.day d on d.meter_id = m.id and d.point = registry.booked_point(m.medium) and d.day >= f.from_day and d.day < f.to_day
join registry.point p on p.meter_id = d.meter_id and p.point = d.point
where m.dated and d.day >= m.held_from
union all
select f.institution_id, f.meter_id, f.medium, f.role, d.day,
  d.booked * p.unit_value, d.undistributed * p.unit_value, d.disputed * p.unit_value, d.covered_s
from registry.former_holding f
join ledger.day d on d.meter_id = f.meter_id and d.point = registry.booked_point(f.medium)
  and d.day >= f.from_day and d.day < f.to_day
join registry.point p on p.meter_id = d.meter_id and p.point = d.point;

create or replace view ledger.meter_span as
select m.institution_id, m.id as meter_id, m.medium, m.role, s.from_ts, s.to_ts, s.class,
  s.counts * s.ratio * p.unit_value as energy, s.evidence
from registry.meter m
join ledger.span s on s.meter_id = m.id and s.point = registry.booked_point(m.medium)
join registry.point p on p.meter_id = s.meter_id and p.point = s.point
where not m.dated and (m.held_from = '-infinity' or s.to_ts > m.held_from::timestamp at time zone 'Asia/Shanghai')
union all
select m.institution_id, m.id, m.medium, f.role, s.from_ts, s.to_ts, s.class,
  case f.direction when 'out' then -1 else 1 end * s.counts * s.ratio * p.unit_value, s.evidence
from registry.meter m
join registry.meter_periods('infinity') f on f.meter_id = m.id
join ledger.span s on s.meter_id = m.id and s.point = registry.booked_point(m.medium)
  and s.from_ts >= f.from_day::timestamp at time zone 'Asia/Shanghai' and s.from_ts < f.to_day::timestamp at time zone 'Asia/Shanghai'
join registry.point p on p.meter_id = s.meter_id and p.point = s.point
where m.dated and (m.held_from = '-infinity' or s.to_ts > m.held_from::timestamp at time zone 'Asia/Shanghai')
union all
select f.institution_id, f.meter_id, f.medium, f.role, s.from_ts, s.to_ts, s.class,
  s.counts * s.ratio * p.unit_value, s.evidence
from registry.former_holding f
join ledger.span s on s.meter_id = f.meter_id and s.point = registry.booked_point(f.medium)
  and s.to_ts > f.from_day::timestamp at time zone 'Asia/Shanghai' and s.to_ts <= f.to_day::timestamp at time zone 'Asia/Shanghai'
join registry.point p on p.meter_id = s.meter_id and p.point = s.point;
