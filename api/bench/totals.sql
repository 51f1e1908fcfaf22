-- A metered city: 1,960 institutions in 7 divisions, a main meter of electricity and one of water each, the days of this year.
insert into registry.division
select '3204' || lpad(i::text, 2, '0'), null, '区划' || i, 'Division ' || i, i from generate_series(1, 7) i;
insert into registry.institution_type values ('office', '机关', 'Government office'), ('school', '学校', 'School');
insert into registry.institution (code, name_zh, name_en, type_code, division_code, area_m2, headcount)
select 'CZ-' || lpad(i::text, 4, '0'), '机构' || i, 'Institution ' || i, (array['office', 'school'])[1 + i % 2],
  '3204' || lpad((1 + i % 7)::text, 2, '0'), 1000 + i, 50 + i
from generate_series(1, 1960) i;
insert into registry.gateway (code, institution_id, name_zh, name_en, token_sha256)
select 'GW-' || i.code, i.id, '网关', 'Gateway', sha256(i.code::bytea) from registry.institution i;
insert into registry.meter (code, institution_id, gateway_id, name_zh, name_en, medium, role, template)
select 'M-' || i || '-' || n, i, i, '总表', 'Main', (array['electricity', 'water'])[n], 'main', 'eastron-sdm630'
from generate_series(1, 1960) i, generate_series(1, 2) n;
insert into registry.meter_ratio (meter_id, ct) select id, 40 from registry.meter;
insert into registry.point (meter_id, point, decimals)
select id, registry.booked_point(medium), 2 from registry.meter;
select metering.ensure_partition(t::regclass, month)
from unnest(array['metering.reading', 'ledger.hour']) t,
  generate_series(date_trunc('year', now()) - interval '1 month', date_trunc('month', now()), interval '1 month') month;
-- registers before the first day, within every month and after the last, as "wholly known" asks for them
insert into metering.reading
select m.id, registry.booked_point(m.medium), 0, ts, (extract(epoch from ts) / 900)::int8, 1
from registry.meter m,
  generate_series(date_trunc('year', now() at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai', now(), interval '5 days') ts
union all
select m.id, registry.booked_point(m.medium), 0, now(), (extract(epoch from now()) / 900)::int8, 1 from registry.meter m;
insert into ledger.day
select m.id, registry.booked_point(m.medium), day::date, 40000 + m.id % 97 + extract(doy from day)::int8, 0, 0, 86400, now()
from registry.meter m,
  generate_series(date_trunc('year', now() at time zone 'Asia/Shanghai'), (now() at time zone 'Asia/Shanghai')::date, interval '1 day') day;
insert into platform.app_user (login, display_name) values ('city', '全市'), ('division', '一区');
insert into platform.assignment (user_id, role_code, whole_city, division_code, institution_ids, valid_from, granted_by)
select id, case login when 'city' then 'city-administrator' else 'division-administrator' end, login = 'city',
  case login when 'division' then '320401' end, '{}', now() - interval '1 day', 'bench'
from platform.app_user where login in ('city', 'division');
