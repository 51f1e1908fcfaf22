-- Up Migration
-- Once a meter has records, a change of role or parent in registry.meter itself (import, registry forms) is a record from today
-- on: what the registry says and what totals follow never part. Changes that the records make do not come back here.
create function registry.date_meter_change() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
  insert into registry.meter_fact (meter_id, valid_from, role, parent_id, direction, source_document, recorded_at, recorded_by)
  select new.id, d.today, new.role, new.parent_id,
    coalesce((select p.direction from registry.meter_periods('infinity') p
      where p.meter_id = new.id and p.from_day <= d.today and p.to_day > d.today), 'in'),
    'registry', now(), 'registry'
  from (select (now() at time zone 'Asia/Shanghai')::date as today) d;
  return null;
end $$;
create trigger date_meter_change after update of role, parent_id on registry.meter
  for each row when (pg_trigger_depth() = 0 and old.dated
    and (old.role, old.parent_id) is distinct from (new.role, new.parent_id))
  execute function registry.date_meter_change();
