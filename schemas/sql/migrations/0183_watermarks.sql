-- Up Migration
-- Up to when figures are current, meter by meter: its newest register, unless readings before it still wait to be booked.
create function ledger.current_to(wanted int4[])
returns table (meter_id int4, up_to timestamptz)
language sql stable parallel safe rows 20
begin atomic
  select w.id, least(l.ts, d.from_ts)
  from unnest(wanted) as w(id)
  left join registry.booked_counter c on c.meter_id = w.id
  left join metering.latest l on l.meter_id = w.id and l.point = c.point
  left join (select x.meter_id, min(x.from_ts) as from_ts from metering.dirty_span x
    where x.meter_id = any (wanted) group by x.meter_id) d on d.meter_id = w.id;
end;
comment on function ledger.current_to is 'Watermark of each meter; null: it has never told a register';

-- Of a virtual meter: that of the last of its operands, unless a day of any of them waits to be computed.
create function energy.virtual_current_to(wanted int4) returns timestamptz
language sql stable parallel safe
begin atomic
  with recursive operand (virtual_id, meter_id) as (
    select wanted, null::int4
    union
    select t.operand_id, t.meter_id
    from operand o
    cross join lateral (select f.id from energy.virtual_formula f where f.virtual_meter_id = o.virtual_id
      order by f.valid_from desc, f.recorded_at desc, f.id desc limit 1) f
    join energy.virtual_term t on t.formula_id = f.id)
  select case when bool_or(c.up_to is null) then null else least(min(c.up_to),
      (select min(d.day)::timestamp at time zone 'Asia/Shanghai' from energy.dirty_day d
        where d.meter_id in (select o.meter_id from operand o) or d.virtual_meter_id in (select o.virtual_id from operand o))) end
  from ledger.current_to(array(select o.meter_id from operand o where o.meter_id is not null)) c;
end;
