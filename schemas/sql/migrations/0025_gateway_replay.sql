-- Up Migration
-- How far the backlog of each gateway has come: rows, not labels of a metric.
create table metering.gateway_replay (
  gateway_id int4 primary key references registry.gateway,
  -- first replayed batch of this backlog; after ten minutes of silence another one begins
  since timestamptz not null,
  last_at timestamptz not null,
  -- replayed since then
  readings int8 not null,
  -- at last_at, an exponential mean with a time constant of 30 s; divide by 1 - exp(-(last_at - since) / 30 s) while it is young
  rate_per_s float8 not null,
  -- what the gateway was last told that it may replay; null: nothing yet
  granted_per_s int8
) with (fillfactor = 50);
comment on table metering.gateway_replay is
  'Progress of the last backlog of each gateway, some seconds behind; what is left is what the gateway last said (gateway_state.outbox_readings)';

grant select, insert, update on metering.gateway_replay to ganzhi_ingest;
grant select on metering.gateway_replay to ganzhi_api, ganzhi_dash;
