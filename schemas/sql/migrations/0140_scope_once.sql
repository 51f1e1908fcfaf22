-- Up Migration
-- What a claim stands for is found out once a request and said with the claim (ganzhi.scope), not found out again by every table
-- of every statement. The api says it for reading only: what a request enters itself is not in it. A claim without it is looked
-- up as before. In plpgsql, whose plans are kept; up to PostgreSQL 17 a function in SQL is planned anew at each call.
set local role ganzhi_scope;

-- Institutions, institutions of which single meters only may be seen, those meters, and divisions, of some assignments:
-- '{1,2}|{3}|{17}|{320412}'. The whole city is no list: null.
create function platform.scope_of(assignments int4[]) returns text
language plpgsql stable security definer set search_path = pg_catalog as $$
declare
  divisions text[]; lines text[]; institutions int4[]; meters int4[]; city boolean;
begin
  select bool_or(a.whole_city), array_agg(a.division_code) filter (where a.division_code is not null),
    array_agg(a.line_code) filter (where a.line_code is not null)
  into city, divisions, lines from platform.assignment a where a.id = any(assignments);
  if city then return null; end if;
  select array_agg(x) into institutions from platform.assignment a, unnest(a.institution_ids) x where a.id = any(assignments);
  select array_agg(x) into meters from platform.assignment a, unnest(a.meter_ids) x where a.id = any(assignments);
  return concat(
    coalesce((select array_agg(i) from platform.institutions_of(coalesce(divisions, '{}'), coalesce(lines, '{}'),
      coalesce(institutions, '{}')) i), '{}')::text, '|',
    coalesce((select array_agg(m.institution_id) from registry.meter m where m.id = any(meters)), '{}')::text, '|',
    coalesce(meters, '{}')::text, '|',
    coalesce((select array_agg(d) from platform.divisions_below(coalesce(divisions, '{}')) d), '{}')::text);
end $$;

create function platform.divisions_below(tops text[]) returns setof text
language plpgsql stable security definer set search_path = pg_catalog rows 10 as $$
begin
  return query with recursive d(code) as (
    select unnest(tops) union select x.code from registry.division x join d on x.parent_code = d.code
  ) select code from d;
end $$;

create or replace function platform.institutions_of(divisions text[], lines text[], ids int4[]) returns setof int4
language plpgsql stable security definer set search_path = pg_catalog rows 500 as $$
begin
  return query with recursive l(code) as (
    select unnest(lines) union select x.code from registry.line x join l on x.parent_code = l.code
  )
  select i.id from registry.institution i
  where i.division_code in (select platform.divisions_below(divisions)) or i.line_code in (select code from l) or i.id = any(ids);
end $$;

create or replace function platform.rights_of(wanted_user int4, at timestamptz)
returns table (assignment_id int4, role_code text, permission text)
language plpgsql stable security definer set search_path = pg_catalog rows 20 as $$
begin
  return query select a.id, a.role_code, p.permission
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
        and s.valid_from <= at and (s.valid_to is null or s.valid_to > at)));
end $$;

create function platform.claimed_whole_city() returns boolean
language sql stable security definer set search_path = pg_catalog as $$
  select exists (select from platform.claimed_assignments() where whole_city)
$$;

-- In place of a call: the planner puts these expressions where the policy asks.
create or replace function platform.claimed_all(absent boolean) returns boolean
language sql stable
return case coalesce(current_setting('ganzhi.claims', true), '')
  when '' then absent
  when 'system' then true
  when 'none' then false
  else case
    when current_setting('ganzhi.claims', true) like '%"w":true}' then true
    when current_setting('ganzhi.claims', true) like '%"w":false}' then false
    else platform.claimed_whole_city() end end;

create or replace function platform.claimed_institutions(with_hosts boolean) returns setof int4
language plpgsql stable security definer set search_path = pg_catalog rows 500 as $$
declare scope text := coalesce(current_setting('ganzhi.scope', true), '');
begin
  if scope <> '' then
    return query select unnest(split_part(scope, '|', 1)::int4[]);
    if with_hosts then return query select unnest(split_part(scope, '|', 2)::int4[]); end if;
    return;
  end if;
  return query with a as materialized (select * from platform.claimed_assignments())
  select platform.institutions_of(
    (select coalesce(array_agg(division_code) filter (where division_code is not null), '{}') from a),
    (select coalesce(array_agg(line_code) filter (where line_code is not null), '{}') from a),
    (select coalesce(array_agg(x), '{}') from a, unnest(a.institution_ids) x))
  union all
  select m.institution_id from registry.meter m
  where with_hosts and m.id in (select x from a, unnest(a.meter_ids) x);
end $$;

create or replace function platform.claimed_divisions() returns setof text
language plpgsql stable security definer set search_path = pg_catalog rows 10 as $$
declare scope text := coalesce(current_setting('ganzhi.scope', true), '');
begin
  if scope <> '' then return query select unnest(split_part(scope, '|', 4)::text[]); return; end if;
  return query select platform.divisions_below(array(
    select division_code from platform.claimed_assignments() where division_code is not null));
end $$;

create or replace function platform.claimed_meters() returns setof int4
language plpgsql stable security definer set search_path = pg_catalog rows 50 as $$
declare scope text := coalesce(current_setting('ganzhi.scope', true), '');
begin
  if scope <> '' then return query select unnest(split_part(scope, '|', 3)::int4[]); return; end if;
  return query select x from platform.claimed_assignments() a, unnest(a.meter_ids) x;
end $$;

revoke execute on function platform.scope_of, platform.divisions_below, platform.claimed_whole_city from public;
grant execute on function platform.scope_of to ganzhi_api;
-- It stands where claimed_all was asked, as whoever asks.
grant execute on function platform.claimed_whole_city to ganzhi_api, ganzhi_owner, ganzhi_ingest, ganzhi_analytics, ganzhi_dash,
  ganzhi_reader;
set local role ganzhi_owner;
