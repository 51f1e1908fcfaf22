-- Up Migration
-- metering.read_failure holds what fails now; a gap that is over needs to know whether the meter did not answer or nobody asked.
-- One row an hour at most, so that a meter that is dead for a year costs little.
create table metering.failure_hour (
  meter_id int4 not null,
  -- start of the hour of the failed reads
  hour timestamptz not null,
  first_ts timestamptz not null,
  last_ts timestamptz not null,
  code text not null,
  failures int8 not null,
  primary key (meter_id, hour)
);
comment on table metering.failure_hour is 'Failed reads by meter and hour, also those a later value has ended; sent twice counts twice';

grant select, insert, update on metering.failure_hour to ganzhi_ingest;
grant select on metering.failure_hour to ganzhi_analytics, ganzhi_api, ganzhi_dash;
