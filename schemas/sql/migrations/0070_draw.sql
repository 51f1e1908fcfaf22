-- Up Migration
-- Random draws. A list is sealed first, the seed is made when the draw is held: nobody can fit a list to a known seed.
create table platform.draw (
  id int8 generated always as identity primary key,
  -- module and id of what the draw is for, 'procurement/17'
  subject text not null,
  requested_by int4 not null references platform.app_user,
  sealed_at timestamptz not null default now(),
  -- sorted, with what a reader needs to know them by
  candidates text[] not null check (cardinality(candidates) > 0),
  list_digest text not null check (list_digest ~ '^[0-9a-f]{64}$'),
  wanted int4 not null check (wanted > 0),
  -- set once, together, when the draw is held
  held_by int4 references platform.app_user,
  held_at timestamptz,
  seed text check (seed ~ '^[0-9a-f]{64}$'),
  recusals jsonb,
  steps jsonb,
  check (num_nonnulls(held_by, held_at, seed, recusals, steps) in (0, 5)),
  -- the one who asks for experts does not operate the draw
  check (held_by <> requested_by)
);
create index draw_by_subject on platform.draw (subject);
comment on table platform.draw is 'Random draws: sealed list, recusals, seed and the log that follows from them';

grant select, insert on platform.draw to ganzhi_api;
-- the list and the one who asked can not be changed
grant update (held_by, held_at, seed, recusals, steps) on platform.draw to ganzhi_api;
