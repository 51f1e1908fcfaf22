-- Up Migration
-- Power by meter, the formula once: lists look up the meters of their page by key, the institution's view adds up all.
create view metering.meter_power as
select l.meter_id, l.ts, l.value * r.ct * r.pt * p.unit_value as power_kw
from metering.latest l
join registry.point p on p.meter_id = l.meter_id and p.point = l.point
join registry.quantity q on q.id = l.point and q.code = 'power'
join lateral (select ct, pt from registry.meter_ratio r
  where r.meter_id = l.meter_id and r.valid_from <= l.ts order by valid_from desc limit 1) r on true;

create or replace view metering.institution_power as
select m.institution_id,
  sum(w.power_kw) as power_kw,
  min(w.ts) as oldest_ts,
  count(*) as meters_reporting,
  (select count(*) from registry.meter x
    where x.institution_id = m.institution_id and x.medium = 'electricity' and x.role = 'main') as meters
from registry.meter m
join metering.meter_power w on w.meter_id = m.id
where m.role = 'main' and m.medium = 'electricity' and w.ts > now() - interval '15 minutes'
group by m.institution_id;

grant select on metering.meter_power to ganzhi_api, ganzhi_dash;
