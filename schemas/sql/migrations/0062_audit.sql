-- Up Migration
-- The trail: rows are committed first and sealed into a chain by and by, so that writers never queue for the last link.
create function platform.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_relid::regclass using errcode = 'insufficient_privilege';
end $$;
create trigger append_only before update or delete or truncate on platform.audit
  for each statement execute function platform.refuse_change();

create table platform.audit_seal (
  position int8 primary key,
  audit_id int8 not null unique,
  -- of the row as text; and of the link before with it
  row_sha256 bytea not null check (length(row_sha256) = 32),
  chain_sha256 bytea not null check (length(chain_sha256) = 32),
  sealed_at timestamptz not null default now()
);
comment on table platform.audit_seal is 'Hash chain over platform.audit; "ganzhi audit verify" computes it again';
create trigger append_only before update or delete or truncate on platform.audit_seal
  for each statement execute function platform.refuse_change();

-- What is sealed of a row. Instants as microseconds, so that no setting of a session changes the text.
create function platform.audit_text(a platform.audit) returns text language sql stable set search_path = pg_catalog as $$
  select jsonb_build_array(a.id, (extract(epoch from a.at) * 1000000)::int8, a.actor, a.action, a.target, a.before, a.after,
    a.address)::text
$$;

-- Seals what is committed and not sealed yet, in the order in which it is found: a row that commits late comes later in the
-- chain. It is looked for among the last 100,000 ids only; a transaction does not stay open for so many others. One at a time.
create function platform.seal_audit(most int4) returns int4
language plpgsql security definer set search_path = pg_catalog as $$
declare
  r record;
  place int8;
  link bytea;
  sealed int4 := 0;
begin
  perform pg_advisory_xact_lock(72190462);
  select s.position, s.chain_sha256 into place, link from platform.audit_seal s order by s.position desc limit 1;
  place := coalesce(place, 0);
  link := coalesce(link, decode(repeat('00', 32), 'hex'));
  for r in
    select a.id, sha256(convert_to(platform.audit_text(a), 'UTF8')) as digest from platform.audit a
    where a.id > coalesce((select max(audit_id) from platform.audit_seal), 0) - 100000
      and not exists (select from platform.audit_seal s where s.audit_id = a.id)
    order by a.id limit most
  loop
    place := place + 1;
    link := sha256(link || r.digest);
    insert into platform.audit_seal (position, audit_id, row_sha256, chain_sha256) values (place, r.id, r.digest, link);
    sealed := sealed + 1;
  end loop;
  return sealed;
end $$;
revoke execute on function platform.seal_audit from public;
grant execute on function platform.seal_audit to ganzhi_api;
grant select on platform.audit_seal to ganzhi_api;

-- The trail tells of every division: it is read with the whole city in scope, or by the audit administrator.
alter table platform.audit enable row level security;
create policy write on platform.audit for insert to ganzhi_api with check (true);
create policy read on platform.audit for select to ganzhi_api using (
  (select platform.claimed_all(false)
    or exists (select from platform.claimed_assignments() where role_code = 'audit-administrator')));
create index audit_by_actor on platform.audit (actor, id desc);
