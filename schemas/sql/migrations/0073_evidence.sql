-- Up Migration
-- Files that prove something: photos, contracts, bills. Content-addressed, append-only, in the database so that one backup
-- holds both sides of every reference (decision 008).
create table platform.evidence_blob (
  sha256 bytea primary key check (length(sha256) = 32),
  content bytea not null check (length(content) between 1 and 20971520)
);
-- photos and PDF are compressed already
alter table platform.evidence_blob alter column content set storage external;

create table platform.evidence (
  id int8 generated always as identity primary key,
  -- module and id of what it proves, 'leave/17'
  subject text not null,
  sha256 bytea not null references platform.evidence_blob,
  name text not null check (length(name) between 1 and 200),
  media_type text not null,
  added_by int4 not null references platform.app_user,
  added_at timestamptz not null default now(),
  unique (subject, sha256)
);
comment on table platform.evidence is 'Files by subject; who may see them is decided by the module that owns the subject';

grant select, insert on platform.evidence_blob, platform.evidence to ganzhi_api;
