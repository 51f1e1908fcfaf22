-- How many readings of a message the registry did not know when it was stored: the same message sent again after the registry
-- was mended is then not taken for stored, because some of it is not.
alter table metering.batch add column unregistered int4 not null default 0;
comment on column metering.batch.unregistered is 'readings of the message that went to quarantine because the registry did not know their meter or point';
