-- The whole city: 1,960 institutions in 7 divisions, 23,500 meters (12 each, less 20), two days of hours, this year's days of the
-- 5,880 main meters, 500 people with scopes.
insert into registry.division
select '3204' || lpad(i::text, 2, '0'), null, '区划' || i, 'Division ' || i, i from generate_series(1, 7) i;
insert into registry.line values ('education', null, '教育', 'Education'), ('health', null, '卫健', 'Health');
insert into registry.institution_type values ('office', '机关', 'Government office'), ('school', '学校', 'School');
insert into registry.institution (code, name_zh, name_en, type_code, division_code, area_m2, headcount, line_code)
select 'CZ-' || lpad(i::text, 4, '0'), '机构' || i, 'Institution ' || i, (array['office', 'school'])[1 + i % 2],
  '3204' || lpad((1 + i % 7)::text, 2, '0'), 1000 + i, 50 + i, case i % 5 when 0 then 'education' when 1 then 'health' end
from generate_series(1, 1960) i;
insert into registry.gateway (code, institution_id, name_zh, name_en, token_sha256)
select 'GW-' || i.code, i.id, '网关', 'Gateway', sha256(i.code::bytea) from registry.institution i;
insert into metering.gateway_state (gateway_id, online, changed_at, last_seen_at, outbox_readings)
select id, id % 20 <> 0, now(), now(), 0 from registry.gateway;
insert into registry.meter (code, institution_id, gateway_id, name_zh, name_en, medium, role, template)
select 'M-' || i || '-' || n, i, i, '总表', 'Main', case n when 3 then 'water' else 'electricity' end, 'main', 'eastron-sdm630'
from generate_series(1, 1960) i, generate_series(1, 3) n;
insert into registry.meter (code, institution_id, gateway_id, parent_id, name_zh, name_en, medium, role, template)
select m.code || '-' || n, m.institution_id, m.gateway_id, m.id, '分表', 'Sub', m.medium, 'sub', 'eastron-sdm630'
from registry.meter m, generate_series(1, 3) n where not (m.institution_id <= 20 and m.medium = 'water' and n = 3);
insert into registry.meter_ratio (meter_id, ct) select id, 40 from registry.meter;
insert into registry.point (meter_id, point, decimals)
select m.id, p.point, p.decimals from registry.meter m
join (values ('electricity', 1, 2), ('electricity', 2, 2), ('electricity', 3, 2), ('electricity', 10, 3), ('electricity', 20, 1),
  ('electricity', 21, 1), ('electricity', 22, 1), ('electricity', 30, 3), ('water', 50, 2)) p(medium, point, decimals)
  on p.medium = m.medium and p.point in (select id from registry.quantity);
-- two years of months, as a city has them
select metering.ensure_partition(t::regclass, date_trunc('month', now()) - make_interval(months => n))
from unnest(array['metering.reading', 'ledger.hour']) t, generate_series(0, 23) n;
insert into ledger.hour
select m.id, registry.booked_point(m.medium), hour, 50 + m.id % 7, 40, 3600, 'measured', now()
from registry.meter m,
  generate_series(date_trunc('hour', now() - interval '2 days'), now(), interval '1 hour') hour;
insert into ledger.day
select meter_id, point, (hour at time zone 'Asia/Shanghai')::date, sum(counts * ratio), 0, 0, sum(covered_s), now()
from ledger.hour group by 1, 2, 3;
-- the days of this year and the registers around them, of what adds up
insert into ledger.day
select m.id, registry.booked_point(m.medium), day::date, 40000 + m.id % 97 + extract(doy from day)::int8, 0, 0, 86400, now()
from registry.meter m,
  generate_series(date_trunc('year', now() at time zone 'Asia/Shanghai'), (now() at time zone 'Asia/Shanghai')::date, interval '1 day') day
where m.role = 'main' on conflict do nothing;
insert into metering.reading
select m.id, registry.booked_point(m.medium), 0, ts, (extract(epoch from ts) / 900)::int8, 1
from registry.meter m,
  generate_series(date_trunc('year', now() at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai', now(), interval '5 days') ts
where m.role = 'main'
union all
select m.id, registry.booked_point(m.medium), 0, now() - interval '30 seconds', 99999, 1 from registry.meter m;
insert into metering.latest
select p.meter_id, p.point, now() - interval '30 seconds', case p.point when 10 then 12345 else 99999 end, 0, now() from registry.point p;
insert into energy.quota (institution_id, year, constraint_value, base_value, guide_value, source_document, sample)
select id, extract(year from now() at time zone 'Asia/Shanghai'), 60 * area_m2, 40 * area_m2, 20 * area_m2, 'sample', true
from registry.institution;
insert into platform.app_user (login, display_name) select 'u' || i, '用户' || i from generate_series(1, 500) i;
-- a tenth sees the city, three tenths a division, two a line, the rest some institutions
insert into platform.assignment (user_id, role_code, whole_city, division_code, line_code, institution_ids, valid_from, granted_by)
select id, case when n < 1 then 'city-administrator' when n < 4 then 'division-administrator' when n < 6 then 'line-supervisor' else 'energy-manager' end,
  n < 1, case when n between 1 and 3 then '3204' || lpad((1 + id % 7)::text, 2, '0') end,
  case when n between 4 and 5 then (array['education', 'health'])[1 + id % 2] end,
  case when n > 5 then array[1 + id, 2 + id, 3 + id] else '{}' end, now() - interval '1 day', 'bench'
from (select id, id % 10 as n from platform.app_user where login like 'u%') u;
