-- Up Migration
-- A right that is limited to a span of data (assignment.data_from, data_to) counts only where the api says which span a request
-- shows ("f" to "e") and the right covers all of it, or that the request shows no figures ("r"). Whoever forgets to say shows
-- nothing. Series carry no row security (design 4), so the span is kept where every read passes: at the registry.
set local role ganzhi_scope;
create or replace function platform.claimed_assignments() returns setof platform.assignment
language sql stable security definer set search_path = pg_catalog rows 4 as $$
  with claim as materialized (
    select (c ->> 'u')::int4 as user_id, c ->> 'p' as permission, (c ->> 't')::timestamptz as at,
      (c ->> 'f')::timestamptz as shown_from, (c ->> 'e')::timestamptz as shown_to,
      coalesce((c ->> 'r')::boolean, false) as registry_only
    from (select case when left(current_setting('ganzhi.claims', true), 1) = '{'
      then current_setting('ganzhi.claims', true)::jsonb end as c) x
    where c is not null
  )
  select a.* from claim
  cross join lateral platform.rights_of(claim.user_id, claim.at) r
  join platform.assignment a on a.id = r.assignment_id
  where r.permission = claim.permission
    and ((a.data_from is null and a.data_to is null) or claim.registry_only
      or (claim.shown_from <= claim.shown_to
        and claim.shown_from >= coalesce(a.data_from, '-infinity') and claim.shown_to <= coalesce(a.data_to, 'infinity')))
$$;
set local role ganzhi_owner;
comment on column platform.assignment.data_from is 'Figures of this span only (data_from to data_to); null: no limit';
