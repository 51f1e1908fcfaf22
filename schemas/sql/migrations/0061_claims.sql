-- Up Migration
-- Scope of people, enforced here for everything the api reads and writes (design 4). The api sets a claim with SET LOCAL
-- (user, permission, time); the functions below tell which institutions and meters that is. ganzhi_scope owns them: it sees
-- every row by its own policy, so that a policy can ask them without asking itself.
grant usage on schema registry, platform to ganzhi_scope;
grant create on schema platform to ganzhi_scope;
grant select on registry.institution, registry.meter, registry.division, registry.line to ganzhi_scope;
grant select on platform.assignment, platform.reader_scope to ganzhi_scope;

alter table platform.reader_scope
  add column line_code text references registry.line,
  add column institution_ids int4[];
comment on table platform.reader_scope is
  'Part of the city that a database log-in may see through dash: union of division subtree, line subtree and institutions; nothing named: the whole city';

-- Living roles of a user and what each permits. A delegation lives while the right behind it does; the first administrator
-- of an installation has rights only until the three administrators are there.
create function platform.rights_of(wanted_user int4, at timestamptz)
returns table (assignment_id int4, role_code text, permission text)
language sql stable security definer set search_path = pg_catalog rows 20 as $$
  select a.id, a.role_code, p.permission
  from platform.assignment a
  join platform.role r on r.code = a.role_code
  join platform.role_permission p on p.role_code = a.role_code
  where a.user_id = wanted_user and a.revoked_at is null and a.valid_from <= at and (a.valid_to is null or a.valid_to > at)
    and (a.delegated_from is null or exists (
      select from platform.assignment s where s.id = a.delegated_from and s.revoked_at is null
        and s.valid_from <= at and (s.valid_to is null or s.valid_to > at)))
    and (r.kind <> 'bootstrap' or 3 > (
      select count(distinct k.kind) from platform.assignment s join platform.role k on k.code = s.role_code
      where k.kind in ('system', 'security', 'audit') and s.revoked_at is null
        and s.valid_from <= at and (s.valid_to is null or s.valid_to > at)))
$$;

-- The rights that the claim of this transaction stands for. No claim, or one that is not a person's: none.
create function platform.claimed_assignments() returns setof platform.assignment
language sql stable security definer set search_path = pg_catalog rows 4 as $$
  with claim as materialized (
    select (c ->> 'u')::int4 as user_id, c ->> 'p' as permission, (c ->> 't')::timestamptz as at
    from (select case when left(current_setting('ganzhi.claims', true), 1) = '{'
      then current_setting('ganzhi.claims', true)::jsonb end as c) x
    where c is not null
  )
  select a.* from claim
  cross join lateral platform.rights_of(claim.user_id, claim.at) r
  join platform.assignment a on a.id = r.assignment_id
  where r.permission = claim.permission
$$;

-- Whether everything may be seen. `absent` is the answer without any claim: true for the owner's own work (migrations,
-- views read by services), false for the api, which must say for whom it asks.
create function platform.claimed_all(absent boolean) returns boolean
language sql stable security definer set search_path = pg_catalog as $$
  select case coalesce(current_setting('ganzhi.claims', true), '')
    when '' then absent
    when 'system' then true
    when 'none' then false
    else exists (select from platform.claimed_assignments() where whole_city) end
$$;

-- Institutions inside divisions and lines with everything below them, and those named.
create function platform.institutions_of(divisions text[], lines text[], ids int4[]) returns setof int4
language sql stable security definer set search_path = pg_catalog rows 500 as $$
  with recursive d(code) as (
    select unnest(divisions) union select x.code from registry.division x join d on x.parent_code = d.code
  ), l(code) as (
    select unnest(lines) union select x.code from registry.line x join l on x.parent_code = l.code
  )
  select i.id from registry.institution i
  where i.division_code in (select code from d) or i.line_code in (select code from l) or i.id = any(ids)
$$;

-- with_hosts: also those of which single meters only may be seen.
create function platform.claimed_institutions(with_hosts boolean) returns setof int4
language sql stable security definer set search_path = pg_catalog rows 500 as $$
  with a as materialized (select * from platform.claimed_assignments())
  select platform.institutions_of(
    (select coalesce(array_agg(division_code) filter (where division_code is not null), '{}') from a),
    (select coalesce(array_agg(line_code) filter (where line_code is not null), '{}') from a),
    (select coalesce(array_agg(x), '{}') from a, unnest(a.institution_ids) x))
  union all
  select m.institution_id from registry.meter m
  where with_hosts and m.id in (select x from a, unnest(a.meter_ids) x)
$$;

-- Divisions below which new institutions may be entered: a new row is not yet among the institutions that a statement sees.
create function platform.claimed_divisions() returns setof text
language sql stable security definer set search_path = pg_catalog rows 10 as $$
  with recursive d(code) as (
    select division_code from platform.claimed_assignments() where division_code is not null
    union select x.code from registry.division x join d on x.parent_code = d.code
  ) select code from d
$$;

create function platform.claimed_meters() returns setof int4
language sql stable security definer set search_path = pg_catalog rows 50 as $$
  select x from platform.claimed_assignments() a, unnest(a.meter_ids) x
$$;

-- The same for database log-ins (Grafana): by session_user, which a reader cannot change.
create function platform.reader_sees_all() returns boolean
language sql stable security definer set search_path = pg_catalog as $$
  select exists (select from platform.reader_scope s
    where s.login = session_user and s.division_code is null and s.line_code is null and s.institution_ids is null)
$$;
create function platform.reader_institutions() returns setof int4
language sql stable security definer set search_path = pg_catalog rows 500 as $$
  select platform.institutions_of(
    array_remove(array[s.division_code], null), array_remove(array[s.line_code], null), coalesce(s.institution_ids, '{}'))
  from platform.reader_scope s where s.login = session_user
$$;

do $$
declare f text;
begin
  foreach f in array array['rights_of(int4, timestamptz)', 'claimed_assignments()', 'claimed_all(boolean)', 'institutions_of(text[], text[], int4[])',
    'claimed_institutions(boolean)', 'claimed_divisions()', 'claimed_meters()', 'reader_sees_all()', 'reader_institutions()'] loop
    execute format('alter function platform.%s owner to ganzhi_scope', f);
    execute format('revoke execute on function platform.%s from public', f);
  end loop;
end $$;
grant execute on function platform.rights_of, platform.claimed_assignments, platform.claimed_all, platform.claimed_institutions,
  platform.claimed_divisions, platform.claimed_meters to ganzhi_api, ganzhi_owner;
grant execute on function platform.reader_sees_all, platform.reader_institutions to ganzhi_dash, ganzhi_reader, ganzhi_api;
-- A view of the owner inside a dash view asks with the owner's policy, as the reader's user.
grant execute on function platform.claimed_all, platform.claimed_institutions, platform.claimed_divisions, platform.claimed_meters
  to ganzhi_ingest, ganzhi_analytics, ganzhi_dash, ganzhi_reader;

-- Puts a table under the scope: rows of another's institution, meter or gateway are not there for him. Call it once for
-- every table that a module reads and that names one of these; a test finds the tables that were forgotten.
create function platform.keep_scope(target regclass, by_column text default 'institution_id') returns void
language plpgsql as $$
declare
  claimed text := case by_column
    when 'institution_id' then '%I in (select platform.claimed_institutions(false))'
    when 'meter_id' then '%I in (select m.id from registry.meter m)'
    when 'gateway_id' then '%I in (select g.id from registry.gateway g)'
    when 'gateway_code' then '%I in (select g.code from registry.gateway g)' end;
  read text := replace(claimed, 'platform.claimed_institutions(false)', 'platform.reader_institutions()');
begin
  if claimed is null then raise exception 'keep_scope knows no column %', by_column; end if;
  claimed := format(claimed, by_column);
  execute format('alter table %s enable row level security, force row level security', target);
  execute format('create policy services on %s to ganzhi_ingest, ganzhi_analytics, ganzhi_scope using (true) with check (true)', target);
  execute format('create policy people on %s to ganzhi_api using ((select platform.claimed_all(false)) or %s)', target, claimed);
  execute format('create policy owner on %s to ganzhi_owner using ((select platform.claimed_all(true)) or %s)', target, claimed);
  execute format('create policy readers on %s for select to ganzhi_dash using ((select platform.reader_sees_all()) or %s)',
    target, format(read, by_column));
end $$;

drop policy services on registry.institution;
drop policy readers on registry.institution;
drop function platform.reader_may_see;
alter table registry.institution force row level security;
create policy services on registry.institution to ganzhi_ingest, ganzhi_analytics, ganzhi_scope using (true) with check (true);
create policy people on registry.institution to ganzhi_api
  using ((select platform.claimed_all(false)) or division_code in (select platform.claimed_divisions())
    or id in (select platform.claimed_institutions(true)))
  -- who sees one meter of it, or comes with a new one, changes nothing of the institution
  with check ((select platform.claimed_all(false)) or division_code in (select platform.claimed_divisions())
    or id in (select platform.claimed_institutions(false)));
create policy owner on registry.institution to ganzhi_owner
  using ((select platform.claimed_all(true)) or id in (select platform.claimed_institutions(true)));
create policy readers on registry.institution for select to ganzhi_dash
  using ((select platform.reader_sees_all()) or id in (select platform.reader_institutions()));

alter table registry.meter enable row level security, force row level security;
create policy services on registry.meter to ganzhi_ingest, ganzhi_analytics, ganzhi_scope using (true) with check (true);
create policy people on registry.meter to ganzhi_api
  using ((select platform.claimed_all(false)) or institution_id in (select platform.claimed_institutions(false))
    or id in (select platform.claimed_meters()))
  with check ((select platform.claimed_all(false)) or institution_id in (select platform.claimed_institutions(false)));
create policy owner on registry.meter to ganzhi_owner
  using ((select platform.claimed_all(true)) or institution_id in (select platform.claimed_institutions(false))
    or id in (select platform.claimed_meters()));
create policy readers on registry.meter for select to ganzhi_dash
  using ((select platform.reader_sees_all()) or institution_id in (select platform.reader_institutions()));

select platform.keep_scope('registry.gateway'), platform.keep_scope('energy.quota'),
  platform.keep_scope('metering.quarantine', 'gateway_code');

-- The tables of modules that were made before this file. Series and their state carry no row security (TimescaleDB refuses
-- columnstore on it) and are read through the registry; points, ratios and tags say nothing without their meter.
do $$
declare t record;
begin
  for t in
    select c.oid::regclass as name, min(a.attname) filter (where a.attname = 'institution_id') as institution,
      min(a.attname) filter (where a.attname = 'meter_id') as meter, min(a.attname) as any_column
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
    where c.relkind in ('r', 'p') and not c.relispartition and not c.relrowsecurity and not a.attisdropped
      and n.nspname not in ('metering', 'ledger', 'platform', 'dash', 'pg_catalog', 'information_schema')
      and n.nspname not like '%timescaledb%'
      and c.relname not in ('point', 'meter_ratio', 'dialect_tag')
      and a.attname in ('institution_id', 'meter_id', 'gateway_id', 'gateway_code')
    group by c.oid
  loop
    perform platform.keep_scope(t.name, coalesce(t.institution, t.meter, t.any_column)::text);
  end loop;
end $$;
