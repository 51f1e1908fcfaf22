-- Up Migration
-- What is computed from meters: virtual meters, the unexplained remainder, shared meters allocated to institutions; and the
-- tree they hang on.
create table energy.building (
  id int4 generated always as identity primary key,
  institution_id int4 not null references registry.institution,
  code text not null,
  name_zh text not null,
  name_en text not null,
  area_m2 numeric(12, 2) check (area_m2 > 0),
  created_at timestamptz not null default now(),
  created_by text not null,
  unique (institution_id, code)
);
create table energy.meter_place (
  meter_id int4 primary key references registry.meter,
  building_id int4 not null references energy.building
);
comment on table energy.meter_place is 'Where a meter stands in the tree institution, building, item; without a row: the institution itself';

create table energy.virtual_meter (
  id int4 generated always as identity primary key,
  code text not null unique check (code ~ '^[A-Za-z0-9][A-Za-z0-9.-]{1,63}$'),
  institution_id int4 not null references registry.institution,
  medium text not null check (medium in ('electricity', 'water', 'gas', 'heat')),
  -- remainder: parent less its children, the unexplained use (不明用量), never spread over items
  kind text not null check (kind in ('formula', 'remainder')),
  name_zh text not null,
  name_en text not null,
  created_at timestamptz not null default now(),
  created_by text not null
);
create index virtual_meter_by_institution on energy.virtual_meter (institution_id);

create table energy.virtual_formula (
  id int4 generated always as identity primary key,
  virtual_meter_id int4 not null references energy.virtual_meter,
  valid_from date not null,
  -- as a person wrote it; the terms below are what it says
  formula text not null,
  -- energy added each hour (losses of a transformer), units an hour, as a fraction
  constant_num numeric not null default 0,
  constant_den numeric not null default 1 check (constant_den > 0),
  source_document text not null check (source_document <> ''),
  recorded_at timestamptz not null default now(),
  recorded_by text not null
);
create index virtual_formula_by_meter on energy.virtual_formula (virtual_meter_id, valid_from);

create table energy.virtual_term (
  formula_id int4 not null references energy.virtual_formula,
  meter_id int4 references registry.meter,
  operand_id int4 references energy.virtual_meter,
  num numeric not null,
  den numeric not null check (den > 0),
  check ((meter_id is null) <> (operand_id is null)),
  unique nulls not distinct (formula_id, meter_id, operand_id)
);
create index virtual_term_by_meter on energy.virtual_term (meter_id);
create index virtual_term_by_operand on energy.virtual_term (operand_id);

create table energy.virtual_day (
  virtual_meter_id int4 not null references energy.virtual_meter,
  day date not null,
  formula_id int4 not null references energy.virtual_formula,
  -- null when an operand that is taken off, or any with a negative sign, is unknown
  energy numeric(22, 6),
  -- operands without a figure that day: not empty means "at least", or unknown
  missing text[] not null,
  known_since timestamptz not null default now(),
  primary key (virtual_meter_id, day)
);
comment on table energy.virtual_day is 'Exact to 10^-6 units, rounded once where a formula divides';

create table energy.allocation_rule (
  id int4 generated always as identity primary key,
  meter_id int4 not null references registry.meter,
  valid_from date not null,
  -- none: from here on the meter belongs to its own institution again
  basis text not null check (basis in ('fixed', 'area', 'persons', 'meter', 'none')),
  source_document text not null check (source_document <> ''),
  recorded_at timestamptz not null default now(),
  recorded_by text not null
);
create index allocation_rule_by_meter on energy.allocation_rule (meter_id, valid_from);

create table energy.allocation_share (
  rule_id int4 not null references energy.allocation_rule,
  institution_id int4 not null references registry.institution,
  weight numeric(18, 6) check (weight >= 0),
  basis_meter_id int4 references registry.meter,
  primary key (rule_id, institution_id)
);
create index allocation_share_by_meter on energy.allocation_share (basis_meter_id);
create index allocation_share_by_institution on energy.allocation_share (institution_id);

create table energy.allocated_day (
  meter_id int4 not null references registry.meter,
  day date not null,
  -- null: weights that day were all zero or unknown, nobody got it
  institution_id int4 references registry.institution,
  rule_id int4 not null references energy.allocation_rule,
  energy numeric(22, 6) not null,
  known_since timestamptz not null default now(),
  unique nulls not distinct (meter_id, day, institution_id)
);
create index allocated_day_by_institution on energy.allocated_day (institution_id, day);
comment on table energy.allocated_day is 'A shared meter''s day split by its rule; the parts add up to the meter to the last count';

-- Days to be computed again. Append-only queue like metering.dirty_span: whoever computes deletes the rows it saw in the same
-- transaction.
create table energy.dirty_day (
  id int8 generated always as identity primary key,
  meter_id int4,
  virtual_meter_id int4,
  day date not null,
  check ((meter_id is null) <> (virtual_meter_id is null))
);

create view energy.followed_meter as
select meter_id from energy.virtual_term where meter_id is not null
union select meter_id from energy.allocation_rule
union select basis_meter_id from energy.allocation_share where basis_meter_id is not null;

-- Marks are written in the ledger's own transaction: what commits below is never missed above.
create function energy.mark_days() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
  insert into energy.dirty_day (meter_id, day)
  select distinct c.meter_id, c.day from changed c where c.meter_id in (select f.meter_id from energy.followed_meter f);
  return null;
end $$;
create trigger mark_inserted after insert on ledger.day referencing new table as changed
  for each statement execute function energy.mark_days();
create trigger mark_updated after update on ledger.day referencing new table as changed
  for each statement execute function energy.mark_days();
create trigger mark_deleted after delete on ledger.day referencing old table as changed
  for each statement execute function energy.mark_days();

create function energy.mark_span_days() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
  insert into energy.dirty_day (meter_id, day)
  select distinct c.meter_id, d::date
  from changed c
  cross join lateral generate_series((c.from_ts at time zone 'Asia/Shanghai')::date,
    ((c.to_ts - interval '1 microsecond') at time zone 'Asia/Shanghai')::date, interval '1 day') d
  where c.meter_id in (select f.meter_id from energy.followed_meter f);
  return null;
end $$;
create trigger mark_inserted after insert on ledger.span referencing new table as changed
  for each statement execute function energy.mark_span_days();
create trigger mark_updated_new after update on ledger.span referencing new table as changed
  for each statement execute function energy.mark_span_days();
create trigger mark_updated_old after update on ledger.span referencing old table as changed
  for each statement execute function energy.mark_span_days();
create trigger mark_deleted after delete on ledger.span referencing old table as changed
  for each statement execute function energy.mark_span_days();

-- Every day from one on that the ledger holds for a meter: after a new formula, rule or base fact.
create function energy.mark_from(wanted int4, first_day date) returns void
language sql security definer set search_path = pg_catalog
begin atomic
  insert into energy.dirty_day (meter_id, day)
  select wanted, d.day from ledger.day d where d.meter_id = wanted and d.day >= first_day
  union
  select wanted, g::date
  from ledger.span s
  cross join lateral generate_series(greatest((s.from_ts at time zone 'Asia/Shanghai')::date, first_day),
    ((s.to_ts - interval '1 microsecond') at time zone 'Asia/Shanghai')::date, interval '1 day') g
  where s.meter_id = wanted and s.to_ts > first_day::timestamp at time zone 'Asia/Shanghai';
end;
revoke execute on function energy.mark_from from public;
grant execute on function energy.mark_from to ganzhi_api, ganzhi_analytics;

-- Days of meters in units of their counter. `certain` is booked and undistributed energy of the day; `shaped` is the day's even
-- part of energy that is certain for a longer span only (over midnight). Both together lose nothing.
create function energy.meter_days(wanted int4[], from_day date, to_day date)
returns table (meter_id int4, day date, certain numeric, shaped numeric, disputed numeric, covered_s int8)
language sql stable parallel safe
begin atomic
  select x.meter_id, x.day, sum(x.certain) * p.unit_value, sum(x.shaped) * p.unit_value, sum(x.disputed) * p.unit_value,
    sum(x.covered_s)
  from (
    select d.meter_id, d.point, d.day, (d.booked + d.undistributed)::numeric as certain, 0::numeric as shaped,
      d.disputed::numeric as disputed, d.covered_s
    from ledger.day d
    where d.meter_id = any (wanted) and d.day >= from_day and d.day < to_day
    union all
    select s.meter_id, s.point, g::date, 0,
      case s.class when 'undistributed' then energy.linear_share(s.counts::numeric * s.ratio,
        (extract(epoch from s.from_ts) * 1000)::int8, (extract(epoch from s.to_ts) * 1000)::int8,
        (extract(epoch from g at time zone 'Asia/Shanghai') * 1000)::int8,
        (extract(epoch from (g + interval '1 day') at time zone 'Asia/Shanghai') * 1000)::int8) else 0 end,
      case s.class when 'disputed' then s.counts::numeric * s.ratio else 0 end, 0
    from ledger.span s
    cross join lateral generate_series(
      greatest((s.from_ts at time zone 'Asia/Shanghai')::date, from_day)::timestamp,
      least(((s.to_ts - interval '1 microsecond') at time zone 'Asia/Shanghai')::date, to_day - 1)::timestamp,
      interval '1 day') g
    where s.meter_id = any (wanted)
      and s.to_ts > from_day::timestamp at time zone 'Asia/Shanghai' and s.from_ts < to_day::timestamp at time zone 'Asia/Shanghai'
      and (s.from_ts at time zone 'Asia/Shanghai')::date
        <> ((s.to_ts - interval '1 microsecond') at time zone 'Asia/Shanghai')::date
  ) x
  join registry.meter m on m.id = x.meter_id
  join registry.point p on p.meter_id = x.meter_id and p.point = x.point and p.point = registry.booked_point(m.medium)
  group by x.meter_id, x.day, p.unit_value;
end;

grant select on energy.building, energy.meter_place, energy.virtual_meter, energy.virtual_formula, energy.virtual_term,
  energy.virtual_day, energy.allocation_rule, energy.allocation_share, energy.allocated_day, energy.followed_meter
  to ganzhi_api, ganzhi_analytics, ganzhi_dash;
grant insert on energy.building, energy.virtual_meter, energy.virtual_formula, energy.virtual_term, energy.allocation_rule,
  energy.allocation_share to ganzhi_api;
grant insert, update on energy.meter_place to ganzhi_api;
grant select, insert, update, delete on energy.virtual_day, energy.allocated_day to ganzhi_analytics;
grant select, insert, delete on energy.dirty_day to ganzhi_analytics;
grant select, insert on energy.dirty_day to ganzhi_api;

-- The scope of people comes with 0061 for every table that names an institution or meter. These two hang on rows that are
-- kept by it, or are a queue that nobody reads; a null meter_id must not hide their rows.
alter table energy.virtual_term enable row level security;
create policy by_formula on energy.virtual_term using (true) with check (true);
alter table energy.dirty_day enable row level security;
create policy queue on energy.dirty_day using (true) with check (true);
