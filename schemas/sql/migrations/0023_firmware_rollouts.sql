-- Up Migration
create table care.firmware_key (
  id int4 generated always as identity primary key,
  name text not null unique check (length(name) between 1 and 64),
  -- Ed25519, 32 bytes
  public_key bytea not null unique check (length(public_key) = 32),
  added_by text not null,
  added_at timestamptz not null,
  retired_at timestamptz
);
comment on table care.firmware_key is 'Who may sign firmware; a gateway trusts the keys of its own configuration, not these';

create table care.firmware_image (
  id int4 generated always as identity primary key,
  model text not null,
  version text not null,
  sha256 bytea not null check (length(sha256) = 32),
  signature bytea not null check (length(signature) = 64),
  key_id int4 not null references care.firmware_key,
  content bytea not null check (length(content) <= 16777216),
  uploaded_by text not null,
  uploaded_at timestamptz not null,
  unique (model, version)
);
comment on table care.firmware_image is 'Firmware with digest and signature (Ed25519), verified when it was uploaded';

create table care.rollout (
  id uuid primary key default gen_random_uuid(),
  image_id int4 not null references care.firmware_image,
  state text not null default 'running' check (state in ('running', 'stopped', 'completed', 'aborted')),
  -- share of the fleet that has it after each stage, percent, rising to 100
  stages int2[] not null check (array_length(stages, 1) between 1 and 10),
  stage int2 not null default 1 check (stage >= 1),
  stage_started_at timestamptz not null,
  -- how long a cohort is watched after it runs the new image
  soak_s int4 not null check (soak_s between 60 and 604800),
  -- stop when completeness falls by more than this share of what it was, and when more than this share of a cohort failed
  max_drop numeric(4, 3) not null check (max_drop > 0 and max_drop < 1),
  trial_s int4 not null check (trial_s between 1 and 3600),
  reason text,
  created_by text not null,
  created_at timestamptz not null,
  request_key text,
  unique (created_by, request_key)
);
comment on table care.rollout is 'Staged firmware roll-outs; stopped by analytics, resumed or aborted by a person';

create table care.rollout_gateway (
  rollout_id uuid not null references care.rollout on delete cascade,
  gateway_id int4 not null references registry.gateway,
  -- cohort: in which stage it gets the image
  stage int2 not null,
  state text not null default 'waiting' check (state in ('waiting', 'ordered', 'trial', 'confirmed', 'refused', 'returned', 'silent')),
  ordered_at timestamptz,
  offered_at timestamptz,
  ticket_sha256 bytea check (length(ticket_sha256) = 32),
  settled_at timestamptz,
  reason text,
  primary key (rollout_id, gateway_id)
);
create index rollout_gateway_by_gateway on care.rollout_gateway (gateway_id);
create index rollout_gateway_by_ticket on care.rollout_gateway (ticket_sha256) where ticket_sha256 is not null;

create table care.rollout_check (
  id int8 generated always as identity primary key,
  rollout_id uuid not null references care.rollout on delete cascade,
  stage int2 not null,
  checked_at timestamptz not null,
  gateways int4 not null,
  failed int4 not null,
  -- readings that came of those that were due, before the image and with it; null: nothing was due
  before_share numeric(6, 5),
  after_share numeric(6, 5),
  verdict text not null check (verdict in ('wait', 'good', 'stop'))
);
create index rollout_check_by_rollout on care.rollout_check (rollout_id, id desc);

grant select, insert, update on care.firmware_key, care.firmware_image, care.rollout, care.rollout_gateway to ganzhi_api;
grant select on care.rollout_check to ganzhi_api;
grant select on care.firmware_image, care.rollout to ganzhi_ingest;
grant select, update on care.rollout_gateway to ganzhi_ingest;
grant select on care.firmware_image, metering.reading to ganzhi_analytics;
grant select, update on care.rollout, care.rollout_gateway to ganzhi_analytics;
grant insert on care.rollout_check to ganzhi_analytics;
create trigger care_notice after insert or update of state on care.rollout for each statement execute function care.notify_work();
