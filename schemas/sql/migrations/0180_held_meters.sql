-- Up Migration
-- Which meters stood with an institution on which days: one place for every figure, on both time axes. When a holding was
-- recorded stands beside it, and what is shown of a meter that its former holder need not see any more.
alter table registry.meter add column held_recorded_at timestamptz not null default '-infinity';
alter table registry.former_holding
  add column code text,
  add column parent_id int4,
  add column manual boolean not null default false,
  add column interval_s int4 not null default 900,
  add column began_recorded_at timestamptz not null default '-infinity',
  add column recorded_at timestamptz not null default '-infinity';
update registry.former_holding f
set code = m.code, parent_id = m.parent_id, manual = m.gateway_id is null, interval_s = m.interval_s
from registry.meter m where m.id = f.meter_id;
update registry.former_holding f set recorded_at = c.applied_at
from registry.institution_change c where c.id = f.change_id and c.applied_at is not null;
update registry.former_holding f set began_recorded_at = x.began
from (select meter_id, from_day, lag(recorded_at, 1, '-infinity') over (partition by meter_id order by from_day) as began
  from registry.former_holding) x
where x.meter_id = f.meter_id and x.from_day = f.from_day;
update registry.meter m set held_recorded_at = x.ended
from (select meter_id, max(recorded_at) as ended from registry.former_holding group by meter_id) x where x.meter_id = m.id;
alter table registry.former_holding alter column code set not null;
comment on column registry.former_holding.recorded_at is 'Since when it is known that the holding ended';

-- Who held which meter, in which role, under which parent, and how it counts (sign -1: what flows out).
-- held_on null: day by day; a day: as if whoever holds a meter then had held it all along (comparable basis, 可比口径).
create function registry.held_meters(wanted int4[], known_on timestamptz, held_on date)
returns table (meter_id int4, institution_id int4, code text, medium text, role text, parent_id int4, sign int4, manual boolean,
  interval_s int4, from_day date, to_day date)
language sql stable parallel safe rows 20
begin atomic
  select h.id, h.institution_id, h.code, h.medium, coalesce(p.role, h.role),
    case when p.meter_id is null then h.parent_id else p.parent_id end,
    case p.direction when 'out' then -1 else 1 end, h.manual, h.interval_s,
    greatest(x.from_day, coalesce(p.from_day, '-infinity')), least(x.to_day, coalesce(p.to_day, 'infinity'))
  from (
    select m.id, m.institution_id, m.code, m.medium, m.role, m.parent_id, m.gateway_id is null as manual, m.interval_s,
      m.held_from as from_day, 'infinity'::date as to_day
    from registry.meter m where m.institution_id = any (wanted) and m.held_recorded_at <= known_on
    union all
    select f.meter_id, f.institution_id, f.code, f.medium, f.role, f.parent_id, f.manual, f.interval_s,
      f.from_day, case when f.recorded_at > known_on then 'infinity' else f.to_day end
    from registry.former_holding f where f.institution_id = any (wanted) and f.began_recorded_at <= known_on) h
  cross join lateral (select case when held_on is null then h.from_day else '-infinity' end as from_day,
    case when held_on is null then h.to_day else 'infinity' end as to_day) x
  left join registry.meter_periods(known_on) p on p.meter_id = h.id and p.from_day < x.to_day and p.to_day > x.from_day
  where held_on is null or (h.from_day <= held_on and h.to_day > held_on);
end;
comment on function registry.held_meters is
  'Meters of institutions with the days on which they stood there, as known on an instant (infinity: now); by the rights of whoever asks';

-- The booked counter of a meter tells nothing of whose it is: a former holder's figures need it when the meter is out of sight.
create view registry.booked_counter as
select m.id as meter_id, m.medium, p.point, p.unit_value
from registry.meter m join registry.point p on p.meter_id = m.id and p.point = registry.booked_point(m.medium);
comment on view registry.booked_counter is 'Which point of a meter is booked and what a count of it is worth; without scope';
grant select on registry.point to ganzhi_scope;
grant create on schema registry to ganzhi_scope;
alter view registry.booked_counter owner to ganzhi_scope;
revoke create on schema registry from ganzhi_scope;
set local role ganzhi_scope;
grant select on registry.booked_counter to ganzhi_api, ganzhi_analytics, ganzhi_dash, ganzhi_owner;
set local role ganzhi_owner;

-- energy.meter_days (0053) and its twin (0111) ask it instead of the registry.
create or replace function energy.meter_days(wanted int4[], from_day date, to_day date)
returns table (meter_id int4, day date, certain numeric, shaped numeric, disputed numeric, covered_s int8)
language sql stable parallel safe
begin atomic
  select x.meter_id, x.day, sum(x.certain) * p.unit_value, sum(x.shaped) * p.unit_value, sum(x.disputed) * p.unit_value,
    sum(x.covered_s)
  from (
    select d.meter_id, d.point, d.day, (d.booked + d.undistributed)::numeric as certain, 0::numeric as shaped,
      d.disputed::numeric as disputed, d.covered_s
    from ledger.day d
    where d.meter_id = any (wanted) and d.day >= from_day and d.day < to_day
    union all
    select s.meter_id, s.point, g::date, 0,
      case s.class when 'undistributed' then energy.linear_share(s.counts::numeric * s.ratio,
        (extract(epoch from s.from_ts) * 1000)::int8, (extract(epoch from s.to_ts) * 1000)::int8,
        (extract(epoch from g at time zone 'Asia/Shanghai') * 1000)::int8,
        (extract(epoch from (g + interval '1 day') at time zone 'Asia/Shanghai') * 1000)::int8) else 0 end,
      case s.class when 'disputed' then s.counts::numeric * s.ratio else 0 end, 0
    from ledger.span s
    cross join lateral generate_series(
      greatest((s.from_ts at time zone 'Asia/Shanghai')::date, from_day)::timestamp,
      least(((s.to_ts - interval '1 microsecond') at time zone 'Asia/Shanghai')::date, to_day - 1)::timestamp,
      interval '1 day') g
    where s.meter_id = any (wanted)
      and s.to_ts > from_day::timestamp at time zone 'Asia/Shanghai' and s.from_ts < to_day::timestamp at time zone 'Asia/Shanghai'
      and (s.from_ts at time zone 'Asia/Shanghai')::date
        <> ((s.to_ts - interval '1 microsecond') at time zone 'Asia/Shanghai')::date
  ) x
  join registry.booked_counter p on p.meter_id = x.meter_id and p.point = x.point
  group by x.meter_id, x.day, p.unit_value;
end;

create or replace function energy.meter_days_as_known(wanted int4[], from_day date, to_day date, at timestamptz)
returns table (meter_id int4, day date, certain numeric, shaped numeric, disputed numeric, covered_s int8)
language sql stable parallel safe as $$
  select x.meter_id, x.day, sum(x.certain) * p.unit_value, sum(x.shaped) * p.unit_value, sum(x.disputed) * p.unit_value,
    sum(x.covered_s)
  from (
    select d.meter_id, d.point, d.day, (d.booked + d.undistributed)::numeric as certain, 0::numeric as shaped,
      d.disputed::numeric as disputed, d.covered_s
    from ledger.day_as_known(at) d
    where d.meter_id = any (wanted) and d.day >= from_day and d.day < to_day
    union all
    select s.meter_id, s.point, g::date, 0,
      case s.class when 'undistributed' then energy.linear_share(s.counts::numeric * s.ratio,
        (extract(epoch from s.from_ts) * 1000)::int8, (extract(epoch from s.to_ts) * 1000)::int8,
        (extract(epoch from g at time zone 'Asia/Shanghai') * 1000)::int8,
        (extract(epoch from (g + interval '1 day') at time zone 'Asia/Shanghai') * 1000)::int8) else 0 end,
      case s.class when 'disputed' then s.counts::numeric * s.ratio else 0 end, 0
    from ledger.span_as_known(at) s
    cross join lateral generate_series(
      greatest((s.from_ts at time zone 'Asia/Shanghai')::date, from_day)::timestamp,
      least(((s.to_ts - interval '1 microsecond') at time zone 'Asia/Shanghai')::date, to_day - 1)::timestamp,
      interval '1 day') g
    where s.meter_id = any (wanted)
      and s.to_ts > from_day::timestamp at time zone 'Asia/Shanghai' and s.from_ts < to_day::timestamp at time zone 'Asia/Shanghai'
      and (s.from_ts at time zone 'Asia/Shanghai')::date
        <> ((s.to_ts - interval '1 microsecond') at time zone 'Asia/Shanghai')::date
  ) x
  join registry.booked_counter p on p.meter_id = x.meter_id and p.point = x.point
  group by x.meter_id, x.day, p.unit_value
$$;
