-- Up Migration
-- Meters and gateways are kept by people: versions for If-Match, how a meter is reached, which account it is billed by, and
-- when it went out of use. A retired meter keeps its history; its row goes only when an import that made it is undone.
create function registry.next_version() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  if new is distinct from old then new.version := old.version + 1; end if;
  return new;
end $$;

alter table registry.meter
  add column version int4 not null default 1,
  -- as in a gateway's configuration (schemas/src/care/connection.ts); null: not known here
  add column connection jsonb,
  add column utility_account_id int4 references energy.utility_account,
  add column retired_at timestamptz,
  add column retired_reason text check (retired_reason <> ''),
  add check ((retired_at is null) = (retired_reason is null));
comment on column registry.meter.retired_at is 'Out of use (拆除): nothing is expected of it from here on';
create index meter_by_account on registry.meter (utility_account_id) where utility_account_id is not null;
create index meter_by_parent on registry.meter (parent_id) where parent_id is not null;
create trigger next_version before update on registry.meter for each row execute function registry.next_version();

alter table registry.gateway
  add column version int4 not null default 1,
  add column retired_at timestamptz,
  add column retired_reason text check (retired_reason <> ''),
  add check ((retired_at is null) = (retired_reason is null)),
  add check (retired_at is null or not enabled);
-- credentials rotate by themselves and are no edit of the registry
create trigger next_version before update of institution_id, name_zh, name_en, simulated_time, enabled, dialect, retired_at,
  retired_reason on registry.gateway for each row execute function registry.next_version();

grant delete on registry.meter, registry.point, registry.gateway, registry.institution, energy.meter_place, energy.building,
  energy.utility_account to ganzhi_api;
