-- Up Migration
-- TimescaleDB flavour: the same table as a hypertable with 7-day chunks.
create table metering.reading (
  meter_id int4 not null,
  point int2 not null,
  quality int2 not null,
  ts timestamptz not null,
  value int8 not null,
  batch_id int8 not null,
  primary key (meter_id, point, ts)
);
select create_hypertable('metering.reading', by_range('ts', interval '7 days'));

-- Chunks are made by the extension; the function exists so that callers need not know the flavour.
create function metering.ensure_partition(parent regclass, at timestamptz) returns void
language sql as $$ select null::void $$;
revoke execute on function metering.ensure_partition from public;
grant execute on function metering.ensure_partition to ganzhi_ingest, ganzhi_analytics;

grant select, insert on metering.reading to ganzhi_ingest;
grant select on metering.reading to ganzhi_analytics, ganzhi_api, ganzhi_dash;
