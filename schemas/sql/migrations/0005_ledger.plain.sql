-- Up Migration
create table ledger.hour (
  meter_id int4 not null,
  point int2 not null,
  hour timestamptz not null,
  -- register movement booked in this hour, in counts of the point, before the ratio
  counts int8 not null,
  ratio int8 not null,
  -- seconds of the hour that values at the expected interval bear out, 0 to 3600
  covered_s int2 not null check (covered_s between 0 and 3600),
  source text not null check (source in ('measured', 'derived', 'allocated', 'estimated', 'manual')),
  known_since timestamptz not null default now(),
  primary key (meter_id, point, hour)
) partition by range (hour);

grant select, insert, update, delete on ledger.hour to ganzhi_analytics;
grant select on ledger.hour to ganzhi_api, ganzhi_dash;
