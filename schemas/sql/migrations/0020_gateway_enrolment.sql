-- Up Migration
-- Remote care of gateways: enrolment and credentials. A gateway comes into the registry only by a person's decision.
create schema care;
comment on schema care is 'Remote care of gateways: enrolment, commands, configurations, firmware';
grant usage on schema care to ganzhi_ingest, ganzhi_analytics, ganzhi_api;

create table care.enrolment (
  id uuid primary key default gen_random_uuid(),
  serial text not null check (length(serial) between 3 and 64),
  model text not null check (length(model) <= 64),
  firmware text not null check (length(firmware) <= 64),
  -- of the gateway's own secret: who asks for the credential must know it
  secret_sha256 bytea not null check (length(secret_sha256) = 32),
  address text,
  announced_at timestamptz not null,
  last_seen_at timestamptz not null,
  state text not null default 'pending' check (state in ('pending', 'approved', 'refused', 'collected', 'completed')),
  gateway_id int4 references registry.gateway,
  decided_by text,
  decided_at timestamptz,
  reason text,
  -- somebody else with the same serial is another row: a person sees both
  unique (serial, secret_sha256),
  check ((state in ('pending', 'refused')) = (gateway_id is null)),
  check ((state = 'pending') = (decided_by is null))
);
create index enrolment_by_state on care.enrolment (state, announced_at);
create index enrolment_by_gateway on care.enrolment (gateway_id) where gateway_id is not null;
comment on table care.enrolment is 'Gateways that asked to be let in; collected: credential handed out but not yet used; completed: used';

alter table registry.gateway
  add column next_token_sha256 bytea check (length(next_token_sha256) = 32),
  add column certificate_sha256 bytea check (length(certificate_sha256) = 32),
  add column next_certificate_sha256 bytea check (length(next_certificate_sha256) = 32),
  add column credential_changed_at timestamptz,
  add column revoked_at timestamptz;
comment on column registry.gateway.next_token_sha256 is
  'Rotation: holds beside token_sha256 until its first use, then takes its place';
comment on column registry.gateway.certificate_sha256 is
  'SHA-256 of the client certificate (DER); its CN is the gateway''s code';
comment on column registry.gateway.revoked_at is 'Every credential is void since; only a new enrolment lets it in again';

-- ingest hands out credentials and takes in rotated ones; nothing else of the registry is its to write
grant update (token_sha256, next_token_sha256, certificate_sha256, next_certificate_sha256, credential_changed_at, revoked_at)
  on registry.gateway to ganzhi_ingest;
grant select, insert, update on care.enrolment to ganzhi_ingest;
grant select, update on care.enrolment to ganzhi_api;

-- A withdrawn right takes effect at once, not at the next look: ingest listens. Lost notices are made up for by its polling.
create function care.notify_gateway() returns trigger language plpgsql as $$
begin
  perform pg_notify('ganzhi_care', 'gateway');
  return null;
end
$$;
create trigger care_notice after insert or delete or
  update of token_sha256, next_token_sha256, certificate_sha256, next_certificate_sha256, enabled, dialect, simulated_time
  on registry.gateway for each statement execute function care.notify_gateway();
