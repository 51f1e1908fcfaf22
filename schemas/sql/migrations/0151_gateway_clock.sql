-- Up Migration
-- What a gateway last said of its time, in its own words: a reading's stamp is judged by it, and a clock in 1970 is seen before anybody
-- wonders where its values are.
alter table metering.gateway_state
  add column clock_state text check (clock_state in ('unset', 'unconfirmed', 'confirmed')),
  add column clock_wall_at timestamptz,
  add column clock_monotonic_ms int8,
  add column clock_boot_id text check (length(clock_boot_id) <= 64),
  add column clock_server_offset_ms int8,
  add column clock_said_at timestamptz;
comment on column metering.gateway_state.clock_state is
  'unset: never set since boot (1970); unconfirmed: set, not compared with the server; confirmed: compared';
comment on column metering.gateway_state.clock_wall_at is 'The gateway''s wall clock at its last heartbeat, right or wrong';
comment on column metering.gateway_state.clock_monotonic_ms is 'Milliseconds since the boot that clock_boot_id names';
comment on column metering.gateway_state.clock_server_offset_ms is
  'Wall clock minus the server''s, as the gateway measured it by an acknowledgement';
comment on column metering.gateway_state.clock_said_at is 'When that heartbeat came, by our clock';
