-- Up Migration
-- The second time axis of what stands above the ledger: earlier versions of days of virtual and shared meters, append-only, kept by
-- the rule of ledger.superseded_* (0041): a version that stood for a minute after its day had been over for two hours.
create table energy.superseded_virtual_day (
  virtual_meter_id int4 not null references energy.virtual_meter,
  day date not null,
  formula_id int4 not null references energy.virtual_formula,
  energy numeric(22, 6),
  missing text[] not null,
  known_since timestamptz not null,
  known_until timestamptz not null,
  primary key (virtual_meter_id, day, known_since)
);
create table energy.superseded_allocated_day (
  meter_id int4 not null references registry.meter,
  day date not null,
  institution_id int4 not null references registry.institution,
  rule_id int4 not null references energy.allocation_rule,
  medium text not null,
  unallocated boolean not null,
  energy numeric(22, 6) not null,
  known_since timestamptz not null,
  known_until timestamptz not null,
  primary key (meter_id, day, institution_id, known_since)
);
create index superseded_allocated_day_by_institution on energy.superseded_allocated_day (institution_id, day);
comment on table energy.superseded_virtual_day is 'Earlier versions of days of virtual meters, append-only';
comment on table energy.superseded_allocated_day is 'Earlier versions of shares of shared meters, append-only';
select platform.keep_scope('energy.superseded_allocated_day');
grant select, insert on energy.superseded_virtual_day, energy.superseded_allocated_day to ganzhi_analytics;
grant select on energy.superseded_virtual_day, energy.superseded_allocated_day to ganzhi_api, ganzhi_dash;

create function energy.virtual_day_as_known(at timestamptz)
returns table (virtual_meter_id int4, day date, formula_id int4, energy numeric, missing text[], known_since timestamptz)
language sql stable parallel safe as $$
  select v.virtual_meter_id, v.day, v.formula_id, v.energy, v.missing, v.known_since
  from energy.virtual_day v where v.known_since <= at
  union all
  select v.virtual_meter_id, v.day, v.formula_id, v.energy, v.missing, v.known_since
  from energy.superseded_virtual_day v where v.known_since <= at and v.known_until > at
$$;

create function energy.allocated_day_as_known(at timestamptz)
returns table (meter_id int4, day date, institution_id int4, rule_id int4, medium text, unallocated boolean, energy numeric, known_since timestamptz)
language sql stable parallel safe as $$
  select a.meter_id, a.day, a.institution_id, a.rule_id, a.medium, a.unallocated, a.energy, a.known_since
  from energy.allocated_day a where a.known_since <= at
  union all
  select a.meter_id, a.day, a.institution_id, a.rule_id, a.medium, a.unallocated, a.energy, a.known_since
  from energy.superseded_allocated_day a where a.known_since <= at and a.known_until > at
$$;

-- energy.meter_days (0053), as known on an instant.
create function energy.meter_days_as_known(wanted int4[], from_day date, to_day date, at timestamptz)
returns table (meter_id int4, day date, certain numeric, shaped numeric, disputed numeric, covered_s int8)
language sql stable parallel safe as $$
  select x.meter_id, x.day, sum(x.certain) * p.unit_value, sum(x.shaped) * p.unit_value, sum(x.disputed) * p.unit_value,
    sum(x.covered_s)
  from (
    select d.meter_id, d.point, d.day, (d.booked + d.undistributed)::numeric as certain, 0::numeric as shaped,
      d.disputed::numeric as disputed, d.covered_s
    from ledger.day_as_known(at) d
    where d.meter_id = any (wanted) and d.day >= from_day and d.day < to_day
    union all
    select s.meter_id, s.point, g::date, 0,
      case s.class when 'undistributed' then energy.linear_share(s.counts::numeric * s.ratio,
        (extract(epoch from s.from_ts) * 1000)::int8, (extract(epoch from s.to_ts) * 1000)::int8,
        (extract(epoch from g at time zone 'Asia/Shanghai') * 1000)::int8,
        (extract(epoch from (g + interval '1 day') at time zone 'Asia/Shanghai') * 1000)::int8) else 0 end,
      case s.class when 'disputed' then s.counts::numeric * s.ratio else 0 end, 0
    from ledger.span_as_known(at) s
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
  group by x.meter_id, x.day, p.unit_value
$$;
