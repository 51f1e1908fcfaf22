-- Up Migration
create table metering.batch (
  id int8 generated always as identity primary key,
  gateway_id int4 not null references registry.gateway,
  batch uuid not null,
  seq int8 not null,
  received_at timestamptz not null default now(),
  replay boolean not null,
  readings int4 not null,
  -- SHA-256 of the message as received
  digest bytea not null,
  unique (gateway_id, batch)
);

create table metering.reading_revision (
  meter_id int4 not null,
  point int2 not null,
  ts timestamptz not null,
  value int8 not null,
  quality int2 not null,
  batch_id int8 not null,
  received_at timestamptz not null default now(),
  primary key (meter_id, point, ts, batch_id)
);
comment on table metering.reading_revision is
  'Another value for a key that is already stored. Effective value: best quality, then latest received';

create table metering.latest (
  meter_id int4 not null,
  point int2 not null,
  ts timestamptz not null,
  value int8 not null,
  quality int2 not null,
  received_at timestamptz not null,
  primary key (meter_id, point)
) with (fillfactor = 50);

create table metering.read_failure (
  meter_id int4 primary key,
  code text not null,
  since timestamptz not null,
  last_at timestamptz not null,
  failures int8 not null
);
comment on table metering.read_failure is 'Current failure of a meter; deleted when a value of the meter arrives that is later than last_at';

create table metering.gateway_state (
  gateway_id int4 primary key references registry.gateway,
  online boolean not null,
  changed_at timestamptz not null,
  last_seen_at timestamptz not null,
  outbox_readings int8,
  outbox_oldest_at timestamptz,
  -- gateway's wall clock minus ours at the last heartbeat
  clock_offset_ms int8,
  firmware text,
  simulated_time boolean not null default false
) with (fillfactor = 50);

create table metering.quarantine (
  id int8 generated always as identity primary key,
  received_at timestamptz not null default now(),
  gateway_code text not null,
  reason text not null,
  detail text not null,
  -- the reading as received, or the head of a message that could not be parsed
  payload jsonb not null,
  -- retried deliveries of one reading are one row
  digest bytea not null unique
);
create index quarantine_by_time on metering.quarantine (received_at desc);

-- An append-only queue, not a set: analytics deletes the rows it saw and recomputes in the same transaction, so a mark
-- that commits meanwhile stays for the next round. A set with "on conflict do nothing" would lose it.
create table metering.dirty_span (
  id int8 generated always as identity primary key,
  meter_id int4 not null,
  point int2 not null,
  from_ts timestamptz not null,
  to_ts timestamptz not null
);
comment on table metering.dirty_span is 'Written in the transaction that stores counter readings; first and last time of a meter in the batch';

grant select, insert, update on metering.batch, metering.latest, metering.read_failure, metering.gateway_state to ganzhi_ingest;
grant delete on metering.read_failure to ganzhi_ingest;
grant select, insert on metering.reading_revision, metering.quarantine to ganzhi_ingest;
grant insert on metering.dirty_span to ganzhi_ingest;
grant select on metering.reading_revision to ganzhi_analytics;
grant select, insert, delete on metering.dirty_span to ganzhi_analytics;
grant select on all tables in schema metering to ganzhi_api, ganzhi_dash;
