-- Up Migration
-- Each round of storage maintenance: when it ran, what it did, how large the database was then. So growth is told from facts.
create table metering.storage_round (
  started_at timestamptz primary key,
  finished_at timestamptz not null,
  compressed int4 not null,
  -- readings removed by policy
  removed int8 not null,
  -- spans that were in use and left for the next round
  postponed int4 not null,
  database_bytes int8 not null
);
comment on table metering.storage_round is 'Rounds of storage maintenance, nightly by the supervisor or "ganzhi storage --nightly"';
grant select on metering.storage_round to ganzhi_api, ganzhi_dash;
