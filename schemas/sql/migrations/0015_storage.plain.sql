-- Up Migration
-- What lies where: one row per month of each series. Rows are the planner's estimate (-1: never analysed); compressed is
-- null, for plain PostgreSQL has no such thing.
create function metering.storage_chunks()
returns table (series text, from_ts timestamptz, to_ts timestamptz, compressed boolean, bytes int8, estimated_rows int8)
language sql stable set search_path = pg_catalog set timezone = 'UTC' as $$
  select i.inhparent::regclass::text, (bound.parts)[1]::timestamptz, (bound.parts)[2]::timestamptz, null::boolean,
    pg_total_relation_size(c.oid), c.reltuples::int8
  from pg_inherits i
  join pg_class c on c.oid = i.inhrelid
  cross join lateral (
    select regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''([^'']+)''\) TO \(''([^'']+)''\)') as parts
  ) bound
  where i.inhparent in ('metering.reading'::regclass, 'ledger.hour'::regclass) and c.relkind = 'r'
  order by 1, 2
$$;
revoke execute on function metering.storage_chunks from public;

-- Removes the unbooked readings of one month by writing the month anew, so that the space is given back. The month alone is
-- locked: other months are written meanwhile.
create function metering.thin_chunk(from_ts timestamptz, to_ts timestamptz) returns int8
language plpgsql set search_path = pg_catalog as $$
declare
  part regclass := ('metering.reading_' || to_char(from_ts at time zone 'UTC', 'YYYYMM'))::regclass;
  before int8;
  kept int8;
begin
  execute format('lock table %s in share row exclusive mode', part);
  execute format('select count(*) from %s', part) into before;
  execute format('create temporary table kept on commit drop as select * from %s where point = any(%L)', part, registry.booked_points());
  execute format('truncate %s', part);
  execute format('insert into %s select * from pg_temp.kept order by meter_id, point, ts', part);
  get diagnostics kept = row_count;
  drop table pg_temp.kept;
  return before - kept;
end $$;
revoke execute on function metering.thin_chunk from public;

-- Never called: no chunk of this flavour says that it is not compressed.
create function metering.compress_chunk(from_ts timestamptz) returns void
language sql as $$ select null::void $$;
revoke execute on function metering.compress_chunk from public;

-- As before, but made aside and then attached: "create … partition of" locks the whole series against readers and writers,
-- and a month that begins would wait for the slowest report.
create or replace function metering.ensure_partition(parent regclass, at timestamptz) returns void
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
      execute format('create table %s (like %s including all)', child, parent);
      execute format('alter table %s attach partition %s for values from (%L) to (%L)', parent, child, month, month + interval '1 month');
    end if;
  end if;
end $$;
