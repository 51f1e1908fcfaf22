-- Up Migration
-- Role, parent and direction of a meter by date. Append-only on two time axes, like every reference fact: valid_from (a day in
-- Asia/Shanghai, until the next record) and recorded_at. A meter without a record is, for all times, what registry.meter says;
-- the first record keeps that as its beginning. registry.meter holds what is in force today.
create table registry.meter_fact (
  id int4 generated always as identity primary key,
  meter_id int4 not null references registry.meter,
  valid_from date not null,
  role text not null check (role in ('main', 'sub')),
  parent_id int4 references registry.meter,
  -- out: what the meter counts leaves the institution (fed into the grid, passed on) and is taken off
  direction text not null default 'in' check (direction in ('in', 'out')),
  source_document text not null check (source_document <> ''),
  recorded_at timestamptz not null default now(),
  recorded_by text not null,
  check ((role = 'sub') = (parent_id is not null)),
  check (parent_id <> meter_id)
);
create index meter_fact_by_meter on registry.meter_fact (meter_id, valid_from, recorded_at);
create index meter_fact_by_parent on registry.meter_fact (parent_id) where parent_id is not null;
comment on table registry.meter_fact is 'Role, parent and direction of a meter from a day on; append-only, a correction is another record of the day';
grant select on registry.meter_fact to ganzhi_ingest, ganzhi_analytics, ganzhi_api, ganzhi_dash;
grant insert on registry.meter_fact to ganzhi_api;

-- Whether the meter has records: the usual figures are added without asking for any.
alter table registry.meter add column dated boolean not null default false;
create index meter_dated on registry.meter (institution_id) where dated;

create function registry.begin_meter_facts() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
  if new.valid_from > date '-infinity' and not exists (select from registry.meter_fact f where f.meter_id = new.meter_id) then
    insert into registry.meter_fact (meter_id, valid_from, role, parent_id, source_document, recorded_at, recorded_by)
    select m.id, '-infinity', m.role, m.parent_id, 'registry', '-infinity', 'registry'
    from registry.meter m where m.id = new.meter_id;
  end if;
  return new;
end $$;
create trigger begin_meter_facts before insert on registry.meter_fact
  for each row execute function registry.begin_meter_facts();

-- Days from which on, and until which (excluded), each record holds, as known on an instant.
create function registry.meter_periods(known_on timestamptz)
returns table (meter_id int4, from_day date, to_day date, role text, parent_id int4, direction text, fact_id int4)
language sql stable parallel safe rows 20 as $$
  select f.meter_id, f.valid_from, lead(f.valid_from, 1, 'infinity'::date) over (partition by f.meter_id order by f.valid_from),
    f.role, f.parent_id, f.direction, f.id
  from (
    select distinct on (x.meter_id, x.valid_from) x.* from registry.meter_fact x where x.recorded_at <= known_on
    order by x.meter_id, x.valid_from, x.recorded_at desc, x.id desc) f
$$;

create function registry.apply_meter_facts() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
  update registry.meter m set dated = true, role = p.role, parent_id = p.parent_id
  from registry.meter_periods('infinity') p
  where m.id = new.meter_id and p.meter_id = m.id and new.recorded_at > '-infinity'
    and p.from_day <= (new.recorded_at at time zone 'Asia/Shanghai')::date
    and p.to_day > (new.recorded_at at time zone 'Asia/Shanghai')::date;
  return null;
end $$;
create trigger apply_meter_facts after insert on registry.meter_fact
  for each row execute function registry.apply_meter_facts();

-- The ledger with the role of its time, and signed by direction: what adds up to an institution is role = 'main', then as now.
-- Two branches, so that a meter without records costs what it cost before.
create or replace view ledger.meter_hour as
select m.institution_id, m.id as meter_id, m.medium, m.role, h.hour,
  h.counts * h.ratio * p.unit_value as consumption, h.covered_s, h.source
from registry.meter m
join ledger.hour h on h.meter_id = m.id and h.point = registry.booked_point(m.medium)
join registry.point p on p.meter_id = h.meter_id and p.point = h.point
where not m.dated
union all
select m.institution_id, m.id, m.medium, f.role, h.hour,
  case f.direction when 'out' then -1 else 1 end * h.counts * h.ratio * p.unit_value, h.covered_s, h.source
from registry.meter m
join registry.meter_periods('infinity') f on f.meter_id = m.id
join ledger.hour h on h.meter_id = m.id and h.point = registry.booked_point(m.medium)
  and h.hour >= f.from_day::timestamp at time zone 'Asia/Shanghai' and h.hour < f.to_day::timestamp at time zone 'Asia/Shanghai'
join registry.point p on p.meter_id = h.meter_id and p.point = h.point
where m.dated;

create or replace view ledger.meter_day as
select m.institution_id, m.id as meter_id, m.medium, m.role, d.day,
  d.booked * p.unit_value as booked, d.undistributed * p.unit_value as undistributed,
  d.disputed * p.unit_value as disputed, d.covered_s
from registry.meter m
join ledger.day d on d.meter_id = m.id and d.point = registry.booked_point(m.medium)
join registry.point p on p.meter_id = d.meter_id and p.point = d.point
where not m.dated
union all
select m.institution_id, m.id, m.medium, f.role, d.day,
  s.sign * d.booked * p.unit_value, s.sign * d.undistributed * p.unit_value, s.sign * d.disputed * p.unit_value, d.covered_s
from registry.meter m
join registry.meter_periods('infinity') f on f.meter_id = m.id
cross join lateral (select case f.direction when 'out' then -1 else 1 end as sign) s
join ledger.day d on d.meter_id = m.id and d.point = registry.booked_point(m.medium) and d.day >= f.from_day and d.day < f.to_day
join registry.point p on p.meter_id = d.meter_id and p.point = d.point
where m.dated;

-- A span belongs to the record in force when it began.
create or replace view ledger.meter_span as
select m.institution_id, m.id as meter_id, m.medium, m.role, s.from_ts, s.to_ts, s.class,
  s.counts * s.ratio * p.unit_value as energy, s.evidence
from registry.meter m
join ledger.span s on s.meter_id = m.id and s.point = registry.booked_point(m.medium)
join registry.point p on p.meter_id = s.meter_id and p.point = s.point
where not m.dated
union all
select m.institution_id, m.id, m.medium, f.role, s.from_ts, s.to_ts, s.class,
  case f.direction when 'out' then -1 else 1 end * s.counts * s.ratio * p.unit_value, s.evidence
from registry.meter m
join registry.meter_periods('infinity') f on f.meter_id = m.id
join ledger.span s on s.meter_id = m.id and s.point = registry.booked_point(m.medium)
  and s.from_ts >= f.from_day::timestamp at time zone 'Asia/Shanghai' and s.from_ts < f.to_day::timestamp at time zone 'Asia/Shanghai'
join registry.point p on p.meter_id = s.meter_id and p.point = s.point
where m.dated;
