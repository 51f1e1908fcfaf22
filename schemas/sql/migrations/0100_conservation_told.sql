-- Up Migration
-- When people were told of a proof that found differences; the run itself stays as it was written.
alter table ledger.conservation_run add column told_at timestamptz;
comment on column ledger.conservation_run.told_at is 'When those responsible for the whole city were told of its differences';
create index conservation_run_to_tell on ledger.conservation_run (id) where differences > 0 and told_at is null;
grant update (told_at) on ledger.conservation_run to ganzhi_api;
