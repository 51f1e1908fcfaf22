-- Up Migration
-- After the wait the catalog is read, not asked by name: to_regclass answers from a cache that a wait for an advisory lock does not
-- refresh, so two writers who came at once saw "already exists" and one of them tried again.
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
    if not exists (
      select from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where format('%I.%I', n.nspname, c.relname) = child
    ) then
      execute format('create table %s (like %s including all)', child, parent);
      execute format('alter table %s attach partition %s for values from (%L) to (%L)', parent, child, month, month + interval '1 month');
    end if;
  end if;
end $$;
