-- Up Migration
-- Which transactions have changed rights or what they extend to. Whoever remembers rights compares `platform.rights_version()` with
-- each request, in the same snapshot: what is taken away is gone with the commit, for every process. Rows instead of a counter,
-- because a counter would make everybody who edits the registry wait for the longest import.
create table platform.rights_change (id int8 generated always as identity primary key);
comment on table platform.rights_change is 'One row a transaction that changed rights or scopes; the newest hundred or so are kept';

-- The set of rows as one number: rows may become visible out of order, so the greatest would not do.
create function platform.rights_version() returns int8
language sql stable security definer set search_path = pg_catalog as $$
  select coalesce(bit_xor(hashint8extended(id, 0)), 0) from platform.rights_change
$$;
revoke execute on function platform.rights_version from public;
grant execute on function platform.rights_version to ganzhi_api;

create function platform.note_rights_change() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare noted int8;
begin
  -- once a transaction; goes with the row when a savepoint is rolled back
  if current_setting('ganzhi.rights_noted', true) = pg_current_xact_id()::text then return null; end if;
  insert into platform.rights_change default values returning id into noted;
  perform set_config('ganzhi.rights_noted', pg_current_xact_id()::text, true);
  if noted % 64 = 0 then
    delete from platform.rights_change where id in (
      select id from platform.rights_change where id < noted - 64 for update skip locked);
  end if;
  return null;
end $$;
revoke execute on function platform.note_rights_change from public;

do $$
declare target text;
begin
  foreach target in array array['platform.assignment', 'platform.role', 'platform.role_permission', 'registry.division', 'registry.line'] loop
    execute format('create trigger rights_change after insert or update or delete or truncate on %s
      for each statement execute function platform.note_rights_change()', target);
  end loop;
end $$;
create trigger rights_change after insert or update of id, division_code, line_code or delete or truncate on registry.institution
  for each statement execute function platform.note_rights_change();
create trigger rights_change after insert or update of id, institution_id or delete or truncate on registry.meter
  for each statement execute function platform.note_rights_change();
