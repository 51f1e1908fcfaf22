-- Up Migration
-- Tags are edited by people, several at a time: each row has a number to be named by, and a version that a change must know.
alter table registry.dialect_tag
  add column id int4 generated always as identity,
  add column version int4 not null default 1,
  add column updated_at timestamptz not null default now(),
  add unique (id);
create index dialect_tag_by_target on registry.dialect_tag (meter_id, point);
