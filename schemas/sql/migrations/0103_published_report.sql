-- Up Migration
-- Files that left the system, by digest: an auditor who holds one learns whether its figures still stand (G14).
create table ledger.published_report (
  id int8 generated always as identity primary key,
  kind text not null,
  -- days whose figures are in it, the last one not included
  from_day date not null,
  to_day date not null,
  format text not null,
  sha256 bytea not null check (length(sha256) = 32),
  published_by text not null,
  published_at timestamptz not null,
  -- set when a month in it was closed again with other figures
  superseded_at timestamptz,
  superseded_by int4 references ledger.closing_event,
  check (to_day > from_day),
  check ((superseded_at is null) = (superseded_by is null))
);
comment on table ledger.published_report is 'Every report that left the system, and whether its figures were reversed since';
create index published_report_by_digest on ledger.published_report (sha256);
create index published_report_standing on ledger.published_report (from_day, to_day) where superseded_at is null;
grant select, insert, update (superseded_at, superseded_by) on ledger.published_report to ganzhi_api;
grant select on ledger.published_report to ganzhi_dash;
