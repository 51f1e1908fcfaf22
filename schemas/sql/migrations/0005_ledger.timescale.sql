-- Up Migration
create table ledger.hour (
  meter_id int4 not null,
  point int2 not null,
  hour timestamptz not null,
  counts int8 not null,
  ratio int8 not null,
  covered_s int2 not null check (covered_s between 0 and 3600),
  source text not null check (source in ('measured', 'derived', 'allocated', 'estimated', 'manual')),
  known_since timestamptz not null default now(),
  primary key (meter_id, point, hour)
);
select create_hypertable('ledger.hour', by_range('hour', interval '28 days'));

grant select, insert, update, delete on ledger.hour to ganzhi_analytics;
grant select on ledger.hour to ganzhi_api, ganzhi_dash;
