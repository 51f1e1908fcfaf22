-- Up Migration
create table care.command (
  id uuid primary key default gen_random_uuid(),
  gateway_id int4 not null references registry.gateway,
  body jsonb not null,
  state text not null default 'queued' check (state in ('queued', 'sent', 'done', 'failed', 'expired', 'cancelled')),
  requested_by text not null,
  requested_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > requested_at),
  sent_at timestamptz,
  answered_at timestamptz,
  result jsonb,
  error_code text,
  error_message text,
  -- the same request sent twice is one command
  request_key text,
  unique (requested_by, request_key)
);
comment on table care.command is 'Commands to gateways: written by api with an audit row, relayed and answered by ingest';
create index command_by_gateway on care.command (gateway_id, requested_at desc);
create index command_open on care.command (expires_at) where state in ('queued', 'sent');

grant select, insert, update on care.command to ganzhi_api;
grant select, update on care.command to ganzhi_ingest;

create function care.notify_work() returns trigger language plpgsql as $$
begin
  perform pg_notify('ganzhi_care', 'work');
  return null;
end
$$;
create trigger care_notice after insert on care.command for each statement execute function care.notify_work();
