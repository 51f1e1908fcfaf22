-- Up Migration
-- What was kept because the registry did not know it can be tried again after the registry was mended. An entry stays where it
-- is and says what became of it.
alter table metering.quarantine
  add column resolved_at timestamptz,
  -- stored: its reading (or the good part of its message) is in metering.reading; left: its tag is one that is left aside
  add column resolution text check (resolution in ('stored', 'left')),
  add column replay_id int8,
  add check ((resolved_at is null) = (resolution is null));
create index quarantine_open on metering.quarantine (reason, id) where resolved_at is null;

create table metering.quarantine_replay (
  id int8 generated always as identity primary key,
  requested_at timestamptz not null default now(),
  requested_by text not null,
  -- of the request, so that the same request sent twice is one replay
  request_key text,
  -- what to try; null: whatever it is
  reason text,
  only_gateway text,
  meter text,
  point text,
  -- of the entries that fitted and that the person may see: a replay reaches no further than who asked for it
  gateways text[] not null,
  -- entries up to this id: what arrives later is not part of it
  up_to int8 not null,
  -- open entries that fitted when it was requested
  matched int8 not null,
  -- last entry that was looked at
  reached int8 not null default 0,
  stored int8 not null default 0,
  left_aside int8 not null default 0,
  -- still refused, with the reason of now
  refused int8 not null default 0,
  started_at timestamptz,
  finished_at timestamptz,
  unique (requested_by, request_key)
);
create index quarantine_replay_unfinished on metering.quarantine_replay (id) where finished_at is null;
comment on table metering.quarantine_replay is 'Requested by a person, carried out by ingest entry by entry; progress is kept with each transaction';

grant update on metering.quarantine to ganzhi_ingest;
grant select, update on metering.quarantine_replay to ganzhi_ingest;
grant select, insert on metering.quarantine_replay to ganzhi_api;
grant select on metering.quarantine_replay to ganzhi_dash;
