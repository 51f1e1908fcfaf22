-- Up Migration
-- Shares by source: what of a span was not measured must not be a walk through all its hours. Few rows carry another source.
create index hour_not_measured on ledger.hour (meter_id, hour) where source <> 'measured';
