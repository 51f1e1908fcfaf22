-- A city of 1,960 institutions, 24 of them with 150 meters, and 30 days: hours, days, the counters' readings at 15 minutes.
insert into registry.division values ('320412', null, '武进区', 'Wujin', 5), ('320402', null, '天宁区', 'Tianning', 1);
insert into registry.institution_type values ('office', '机关', 'Government office'), ('school', '学校', 'School');
insert into registry.institution (code, name_zh, name_en, type_code, division_code, area_m2, headcount)
select 'CZ-' || lpad(i::text, 4, '0'), '机构' || i, 'Institution ' || i, (array['office', 'school'])[1 + i % 2],
  (array['320412', '320402'])[1 + i % 2], 1000 + i, 50 + i
from generate_series(1, 1960) i;
insert into registry.gateway (code, institution_id, name_zh, name_en, token_sha256)
select 'GW-' || i.code, i.id, '网关', 'Gateway', sha256(i.code::bytea) from registry.institution i;
insert into metering.gateway_state (gateway_id, online, changed_at, last_seen_at, outbox_readings)
select id, true, now(), now(), 0 from registry.gateway where id <= 24;
insert into registry.meter (code, institution_id, gateway_id, name_zh, name_en, medium, role, template)
select 'M-' || i || '-' || n, i, i, '总表', 'Main', 'electricity', 'main', 'eastron-sdm630'
from generate_series(1, 24) i, generate_series(1, 2) n;
insert into registry.meter (code, institution_id, gateway_id, parent_id, name_zh, name_en, medium, role, template)
select m.code || '-' || n, m.institution_id, m.gateway_id, m.id, '分表', 'Sub', 'electricity', 'sub', 'eastron-sdm630'
from registry.meter m, generate_series(1, 2) n
union all
select m.code || '-9', m.institution_id, m.gateway_id, m.id, '分表', 'Sub', 'electricity', 'sub', 'eastron-sdm630'
from registry.meter m where m.institution_id <= 3;
insert into registry.meter_ratio (meter_id, ct) select id, 40 from registry.meter;
insert into registry.point (meter_id, point, decimals)
select m.id, p.point, p.decimals from registry.meter m, (values (1, 2), (3, 2), (10, 3)) p(point, decimals);
select metering.ensure_partition(t::regclass, date_trunc('month', now()) - make_interval(months => n))
from unnest(array['metering.reading', 'ledger.hour']) t, generate_series(0, 2) n;
insert into metering.reading
select m.id, 1, 0, ts, (extract(epoch from ts) / 900)::int8, 1
from registry.meter m, generate_series(now() - interval '30 days', now(), interval '15 minutes') ts;
insert into ledger.hour
select m.id, p.point, hour, 50 + m.id % 7, 40, 3600, 'measured', now()
from registry.meter m, (values (1), (3)) p(point),
  generate_series(date_trunc('hour', now() - interval '30 days'), now(), interval '1 hour') hour
where (m.id + extract(epoch from hour)::int8 / 3600) % 97 <> 0;
insert into ledger.day
select meter_id, point, (hour at time zone 'Asia/Shanghai')::date, sum(counts * ratio), 0, 0, sum(covered_s), now()
from ledger.hour group by 1, 2, 3;
insert into ledger.span
select m.id, 1, hour, hour + interval '1 hour', 'undistributed', 50, 40, '{"kind":"gap"}', now()
from registry.meter m,
  generate_series(date_trunc('hour', now() - interval '30 days'), now(), interval '1 hour') hour
where (m.id + extract(epoch from hour)::int8 / 3600) % 97 = 0;
insert into metering.latest select id, 10, now() - interval '30 seconds', 12345, 0, now() from registry.meter;
insert into metering.latest select id, 1, now() - interval '30 seconds', 99999, 0, now() from registry.meter;
insert into energy.quota (institution_id, year, constraint_value, base_value, guide_value, source_document, sample)
select id, extract(year from now() at time zone 'Asia/Shanghai'), 60 * area_m2, 40 * area_m2, 20 * area_m2, 'sample', true
from registry.institution;
