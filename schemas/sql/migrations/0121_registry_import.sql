-- Up Migration
-- Imports of the registry: what a file says, what it would change, and what it changed, so that it can be undone.
create function platform.claimed_user() returns int4
language sql stable set search_path = pg_catalog as $$
  select case when left(current_setting('ganzhi.claims', true), 1) = '{'
    then (current_setting('ganzhi.claims', true)::jsonb ->> 'u')::int4 end
$$;

create table platform.registry_import (
  id int4 generated always as identity primary key,
  file_name text not null check (file_name <> ''),
  format text not null check (format in ('xlsx', 'csv')),
  bytes int4 not null,
  sha256 bytea not null check (length(sha256) = 32),
  -- read: the file is here; ready, faulty: checked; committed, undone: done
  state text not null check (state in ('read', 'ready', 'faulty', 'committed', 'undone')),
  -- rows by kind and action; errors
  counts jsonb not null,
  -- what it touches, once that is known: whoever has all of it in scope may see it
  institution_ids int4[] not null default '{}',
  created_by int4 not null references platform.app_user,
  created_at timestamptz not null,
  checked_at timestamptz,
  committed_by int4 references platform.app_user,
  committed_at timestamptz,
  undone_by int4 references platform.app_user,
  undone_at timestamptz,
  version int4 not null default 1,
  check ((committed_at is null) = (committed_by is null) and (undone_at is null) = (undone_by is null)),
  check ((state in ('committed', 'undone')) = (committed_at is not null) and (state = 'undone') = (undone_at is not null))
);
comment on table platform.registry_import is 'Imports of institutions, buildings, gateways, accounts and meters: all or nothing, after a preview';

create table platform.registry_import_row (
  import_id int4 not null references platform.registry_import on delete cascade,
  kind text not null,
  -- of the sheet, as people count
  line int4 not null,
  -- texts of the cells that were filled in, by column
  given jsonb not null,
  -- null until it is checked, and where a cell is wrong
  action text check (action in ('create', 'update', 'unchanged')),
  key text not null,
  -- the row of the registry: after a commit for what was created
  record_id int4,
  before jsonb,
  after jsonb,
  primary key (import_id, kind, line)
);
comment on table platform.registry_import_row is 'One line of an import and what it changes; committing compares before with the registry as it stands';

create table platform.registry_import_error (
  import_id int4 not null references platform.registry_import on delete cascade,
  position int4 not null,
  kind text not null,
  sheet text not null,
  line int4 not null,
  -- field of the kind; null: the line as a whole
  field text,
  -- of the sheet, from 1; null: the column is not there
  place int4,
  value text not null,
  zh text not null,
  en text not null,
  primary key (import_id, position)
);
comment on table platform.registry_import_error is 'What is wrong with a cell of an import, and what to do';

create table platform.registry_import_progress (
  import_id int4 primary key,
  phase text not null check (phase in ('check', 'commit', 'undo')),
  done int4 not null,
  total int4 not null,
  at timestamptz not null
);
comment on table platform.registry_import_progress is 'How far the work on an import is; written beside its transaction, so that others can see it';

grant select, insert, update on platform.registry_import, platform.registry_import_row, platform.registry_import_progress to ganzhi_api;
grant select, insert on platform.registry_import_error to ganzhi_api;
grant delete on platform.registry_import, platform.registry_import_error, platform.registry_import_progress to ganzhi_api;

alter table platform.registry_import enable row level security, force row level security;
create policy people on platform.registry_import to ganzhi_api
  using ((select platform.claimed_all(false)) or created_by = (select platform.claimed_user())
    or (institution_ids <> '{}' and institution_ids <@ array(select platform.claimed_institutions(false))));
create policy owner on platform.registry_import to ganzhi_owner using ((select platform.claimed_all(true)));
do $$
declare part text;
begin
  foreach part in array array['row', 'error', 'progress'] loop
    execute format('alter table platform.registry_import_%s enable row level security, force row level security', part);
    execute format('create policy with_import on platform.registry_import_%s to ganzhi_api, ganzhi_owner
      using (import_id in (select i.id from platform.registry_import i))', part);
  end loop;
end $$;
