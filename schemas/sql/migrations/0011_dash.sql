-- Up Migration
-- The public interface for Grafana, exports and outside readers. security_barrier, owned by the dash owner, and every
-- view joins registry.institution, so a log-in sees its part of the city only. Numbers are float8 here, at the edge.

create view dash.institution with (security_barrier) as
select i.id as institution_id, i.code, i.name_zh, i.name_en, i.type_code, t.name_zh as type_zh, t.name_en as type_en,
  i.division_code, d.name_zh as division_zh, d.name_en as division_en,
  i.area_m2::float8 as area_m2, i.headcount,
  exists (select from registry.meter m where m.institution_id = i.id) as metered
from registry.institution i
join registry.institution_type t on t.code = i.type_code
join registry.division d on d.code = i.division_code;

create view dash.meter with (security_barrier) as
select m.id as meter_id, m.code, m.institution_id, i.code as institution_code, m.name_zh, m.name_en, m.medium, m.role,
  m.item_code, m.template, f.code as failure_code, f.since as failing_since,
  (select max(l.ts) from metering.latest l where l.meter_id = m.id) as last_reading_at
from registry.meter m
join registry.institution i on i.id = m.institution_id
left join metering.read_failure f on f.meter_id = m.id;

create view dash.meter_hour with (security_barrier) as
select h.institution_id, i.code as institution_code, h.meter_id, m.code as meter_code, m.name_zh as meter_zh,
  m.name_en as meter_en, h.medium, h.role, h.hour, h.consumption::float8 as consumption, q.unit,
  h.covered_s::float8 / 3600 as coverage, h.source
from ledger.meter_hour h
join registry.meter m on m.id = h.meter_id
join registry.institution i on i.id = h.institution_id
join registry.quantity q on q.id = registry.booked_point(h.medium);

create view dash.institution_hour with (security_barrier) as
select i.id as institution_id, i.code as institution_code, i.division_code, h.medium, h.hour,
  h.consumption::float8 as consumption, h.covered_s::float8 / (3600 * h.meters) as coverage
from ledger.institution_hour h
join registry.institution i on i.id = h.institution_id;

create view dash.institution_day with (security_barrier) as
select i.id as institution_id, i.code as institution_code, i.division_code, d.medium, d.day,
  (d.booked + d.undistributed)::float8 as consumption, d.undistributed::float8 as undistributed, d.disputed::float8 as disputed,
  d.covered_s::float8 / (86400 * d.meters) as coverage
from ledger.institution_day d
join registry.institution i on i.id = d.institution_id;

create view dash.institution_power with (security_barrier) as
select i.id as institution_id, i.code as institution_code, i.division_code, w.power_kw::float8 as power_kw, w.oldest_ts,
  w.meters_reporting::float8 / w.meters as coverage
from metering.institution_power w
join registry.institution i on i.id = w.institution_id;

create view dash.gateway with (security_barrier) as
select g.code as gateway_code, g.institution_id, i.code as institution_code, i.name_zh, i.name_en, i.division_code,
  coalesce(s.online, false) as online, s.last_seen_at, s.outbox_readings::float8 as outbox_readings, s.outbox_oldest_at,
  s.clock_offset_ms::float8 / 1000 as clock_offset_s, s.firmware
from registry.gateway g
join registry.institution i on i.id = g.institution_id
left join metering.gateway_state s on s.gateway_id = g.id;

create view dash.quota with (security_barrier) as
select i.id as institution_id, i.code as institution_code, q.year, q.medium, q.unit,
  q.constraint_value::float8 as constraint_value, q.base_value::float8 as base_value, q.guide_value::float8 as guide_value,
  q.sample, q.source_document
from energy.quota q
join registry.institution i on i.id = q.institution_id;

do $$
declare v text;
begin
  foreach v in array array['institution', 'meter', 'meter_hour', 'institution_hour', 'institution_day',
    'institution_power', 'gateway', 'quota'] loop
    execute format('grant select on dash.%I to ganzhi_reader', v);
    execute format('alter view dash.%I owner to ganzhi_dash', v);
  end loop;
end $$;
