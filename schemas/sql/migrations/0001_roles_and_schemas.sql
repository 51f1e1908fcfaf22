-- Up Migration
-- Roles (cluster-wide) exist before this file runs: see schemas/src/db/roles.ts. Only the owner creates objects.
create schema registry;
create schema metering;
create schema ledger;
create schema energy;
create schema platform;
create schema dash;

comment on schema registry is 'Who and what is measured: institutions, gateways, meters, their dated facts';
comment on schema metering is 'As received: batches, readings, revisions, quarantine, state of gateways';
comment on schema ledger is 'Derived and bookable: consumption per meter and hour, spans without known hours';
comment on schema energy is 'Reference data of the energy business: quotas';
comment on schema platform is 'Users, sessions, audit trail';
comment on schema dash is 'Views only, the public interface for dashboards and exports; tables elsewhere are private';

grant usage on schema registry, metering to ganzhi_ingest;
grant usage on schema registry, metering, ledger to ganzhi_analytics;
grant usage on schema registry, metering, ledger, energy, platform, dash to ganzhi_api;
grant usage on schema registry, metering, ledger, energy, platform, dash to ganzhi_dash;
grant usage on schema dash to ganzhi_reader;
grant create on schema dash to ganzhi_dash;
