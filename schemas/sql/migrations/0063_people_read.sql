-- Up Migration
-- System and security administrators each need the list of users to do their half: one makes them, the other gives rights.
insert into platform.role_permission (role_code, permission)
select code, 'users.read' from platform.role where kind in ('system', 'security', 'audit', 'bootstrap');
-- Nobody approves his own: rights are given by the security administrator to others.
alter table platform.assignment add constraint not_empty_grantor check (granted_by <> '');
-- Who gives rights sees no business data, and yet must not name what does not exist.
create function platform.known_meters(ids int4[]) returns setof int4
language sql stable security definer set search_path = pg_catalog rows 50 as $$
  select m.id from registry.meter m where m.id = any(ids)
$$;
alter function platform.known_meters owner to ganzhi_scope;
revoke execute on function platform.known_meters from public;
grant execute on function platform.known_meters, platform.institutions_of to ganzhi_api;
