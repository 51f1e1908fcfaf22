-- Up Migration
create table care.configuration (
  gateway_id int4 not null references registry.gateway,
  version int4 not null check (version >= 1),
  -- JSON as it goes to the gateway, byte for byte, and its SHA-256
  body text not null check (length(body) <= 250000),
  digest bytea not null check (length(digest) = 32),
  author text not null,
  created_at timestamptz not null,
  note text,
  request_key text,
  primary key (gateway_id, version),
  unique (author, request_key)
);
comment on table care.configuration is 'Configurations of gateways, one row a version, never changed; the highest version is the one wanted';

create table care.configuration_state (
  gateway_id int4 primary key references registry.gateway,
  -- what the gateway last said
  version int4 not null,
  state text not null check (state in ('refused', 'trial', 'active', 'returned')),
  reason text,
  running int4 not null check (running >= 0),
  reported_at timestamptz not null
) with (fillfactor = 50);
comment on table care.configuration_state is 'What became of the last configuration of a gateway, in its own words';

create table care.configuration_event (
  id int8 generated always as identity primary key,
  gateway_id int4 not null references registry.gateway,
  version int4 not null,
  state text not null,
  reason text,
  running int4 not null,
  reported_at timestamptz not null
);
create index configuration_event_by_gateway on care.configuration_event (gateway_id, id desc);

create table care.configuration_offer (
  gateway_id int4 primary key references registry.gateway,
  version int4 not null,
  offered_at timestamptz not null
) with (fillfactor = 50);
comment on table care.configuration_offer is 'When a version was last sent to its gateway: several ingest processes send it once';

grant select, insert on care.configuration to ganzhi_api;
grant select on care.configuration_state, care.configuration_event, care.configuration_offer to ganzhi_api;
grant select on care.configuration to ganzhi_ingest;
grant select, insert, update on care.configuration_state, care.configuration_offer to ganzhi_ingest;
grant insert on care.configuration_event to ganzhi_ingest;
create trigger care_notice after insert on care.configuration for each statement execute function care.notify_work();
