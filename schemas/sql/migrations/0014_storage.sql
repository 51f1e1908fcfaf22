-- Up Migration
-- One row: how long what is kept. Booked counters are never removed: the ledger is proved from them.
create table metering.storage_policy (
  single boolean primary key default true check (single),
  -- readings of points that the ledger does not book are removed when older than this; null: never. Whole months, or
  -- 7-day chunks. Not below 35 days: a month must stay open to questions until it is closed
  unbooked_kept interval check (unbooked_kept >= interval '35 days'),
  -- TimescaleDB only: most backlogs have arrived by then; what comes later is still accepted
  compress_after interval not null default interval '14 days' check (compress_after >= interval '7 days')
);
insert into metering.storage_policy default values;
grant select on metering.storage_policy to ganzhi_api;

create table metering.thinned (
  from_ts timestamptz primary key,
  to_ts timestamptz not null,
  at timestamptz not null default now(),
  -- readings removed
  removed int8 not null
);
comment on table metering.thinned is 'Spans whose unbooked readings were removed by policy: their absence is no gap';
grant select on metering.thinned to ganzhi_api, ganzhi_dash;

create function registry.booked_points() returns int2[]
language sql immutable parallel safe
return array[registry.booked_point('electricity'), registry.booked_point('water'), registry.booked_point('gas'), registry.booked_point('heat')];
grant execute on function registry.booked_points to public;
