-- Up Migration
-- Plain flavour: range partitions by UTC month, made on demand by metering.ensure_partition.
create table metering.reading (
  meter_id int4 not null,
  point int2 not null,
  quality int2 not null,
  ts timestamptz not null,
  value int8 not null,
  batch_id int8 not null,
  primary key (meter_id, point, ts)
) partition by range (ts);

-- Security definer: only the owner creates, ingest and analytics may ask. One parameter, no dynamic names from outside.
create function metering.ensure_partition(parent regclass, at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog as $$
declare
  month timestamptz := date_trunc('month', at, 'UTC');
  child text;
begin
  if parent not in ('metering.reading'::regclass, 'ledger.hour'::regclass) then
    raise exception 'ensure_partition: % is not a partitioned series', parent;
  end if;
  child := parent::text || '_' || to_char(month at time zone 'UTC', 'YYYYMM');
  if to_regclass(child) is null then
    -- two writers may come at once: the second waits here and then finds the partition
    perform pg_advisory_xact_lock(hashtext(child));
    if to_regclass(child) is null then
      execute format('create table %s partition of %s for values from (%L) to (%L)',
        child, parent, month, month + interval '1 month');
    end if;
  end if;
end $$;
revoke execute on function metering.ensure_partition from public;
grant execute on function metering.ensure_partition to ganzhi_ingest, ganzhi_analytics;

grant select, insert on metering.reading to ganzhi_ingest;
grant select on metering.reading to ganzhi_analytics, ganzhi_api, ganzhi_dash;
