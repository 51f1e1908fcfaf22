-- Up Migration
-- Scope is enforced once, here: row security on the registry, which every reader's view joins. Time-series tables carry
-- none (TimescaleDB refuses columnstore on them) and nothing on them is granted to readers.
-- session_user, not a setting: a reader can change settings, but not who logged in.
create function platform.reader_may_see(wanted_division text) returns boolean
language sql stable security definer set search_path = pg_catalog as $$
  select exists (
    select from platform.reader_scope s
    where s.login = session_user and (s.division_code is null or s.division_code = wanted_division)
  )
$$;
revoke execute on function platform.reader_may_see from public;
grant execute on function platform.reader_may_see to ganzhi_dash, ganzhi_reader, ganzhi_api;

alter table registry.institution enable row level security;
create policy services on registry.institution to ganzhi_ingest, ganzhi_analytics, ganzhi_api using (true) with check (true);
create policy readers on registry.institution for select to ganzhi_dash using (platform.reader_may_see(division_code));
