-- Up Migration
-- Every nightly proof of the whole ledger from raw readings, kept: an auditor asks when it was last proved.
create table ledger.conservation_run (
  id int4 generated always as identity primary key,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  meters int4 not null,
  -- marks that waited: differences may be work in progress
  pending_marks int4 not null,
  differences int4 not null,
  -- the first hundred of them
  examples jsonb not null
);
comment on table ledger.conservation_run is 'Nightly proof of the ledger from raw readings; append-only';
grant select, insert on ledger.conservation_run to ganzhi_analytics;
grant select on ledger.conservation_run to ganzhi_api, ganzhi_dash;

-- How far each level of the ledger has come; written after each round.
create table ledger.watermark (
  level text primary key check (level in ('hour', 'estimate')),
  -- latest time of a reading that the level knows
  newest_ts timestamptz not null,
  -- marks or spans that wait
  waiting int8 not null,
  at timestamptz not null
);
comment on table ledger.watermark is 'Up to when the ledger is current, by level';
grant select, insert, update on ledger.watermark to ganzhi_analytics;
grant select on ledger.watermark to ganzhi_api, ganzhi_dash;
