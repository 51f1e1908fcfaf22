-- Up Migration
-- registry.held_meters (0180) asks for the records of its own meters by index, not for those of the whole city: a city that
-- dates every role must not make the figures of one institution slow.
create or replace function registry.held_meters(wanted int4[], known_on timestamptz, held_on date)
returns table (meter_id int4, institution_id int4, code text, medium text, role text, parent_id int4, sign int4, manual boolean,
  interval_s int4, from_day date, to_day date)
language sql stable parallel safe rows 20
begin atomic
  select h.id, h.institution_id, h.code, h.medium, coalesce(p.role, h.role),
    case when p.role is null then h.parent_id else p.parent_id end,
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
  left join lateral (
    select f.valid_from as from_day, lead(f.valid_from, 1, 'infinity'::date) over (order by f.valid_from) as to_day,
      f.role, f.parent_id, f.direction
    from (
      select distinct on (y.valid_from) y.valid_from, y.role, y.parent_id, y.direction
      from registry.meter_fact y where y.meter_id = h.id and y.recorded_at <= known_on
      order by y.valid_from, y.recorded_at desc, y.id desc) f) p on p.from_day < x.to_day and p.to_day > x.from_day
  where held_on is null or (h.from_day <= held_on and h.to_day > held_on);
end;
