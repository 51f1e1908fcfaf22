-- Up Migration
-- Where each column of an imported file stands, so that what is wrong can be named by sheet, line and column, and how many
-- faults were found while it was read.
alter table platform.registry_import
  add column layout jsonb not null default '{}',
  add column read_errors int4 not null default 0;
grant update on energy.building, energy.utility_account to ganzhi_api;
