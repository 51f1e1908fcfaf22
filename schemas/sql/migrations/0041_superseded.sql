-- Up Migration
-- The second time axis: what was known before. A version is kept when it stood for a minute after its period had been over
-- for two hours; a running hour is no figure yet. As known on T: the current row when known_since <= T, else the version
-- with known_since <= T < known_until, else nothing was known.
create table ledger.superseded_hour (
  meter_id int4 not null,
  point int2 not null,
  hour timestamptz not null,
  counts int8 not null,
  ratio int8 not null,
  covered_s int2 not null,
  source text not null,
  known_since timestamptz not null,
  known_until timestamptz not null,
  -- what brought the next version: readings, replacement, ratio, edit, rule
  cause text not null,
  primary key (meter_id, point, hour, known_since)
);

create table ledger.superseded_span (
  meter_id int4 not null,
  point int2 not null,
  from_ts timestamptz not null,
  to_ts timestamptz not null,
  class text not null,
  counts int8 not null,
  ratio int8 not null,
  evidence jsonb not null,
  known_since timestamptz not null,
  known_until timestamptz not null,
  cause text not null,
  primary key (meter_id, point, from_ts, known_since)
);

create table ledger.superseded_day (
  meter_id int4 not null,
  point int2 not null,
  day date not null,
  booked int8 not null,
  undistributed int8 not null,
  disputed int8 not null,
  covered_s int4 not null,
  known_since timestamptz not null,
  known_until timestamptz not null,
  cause text not null,
  primary key (meter_id, point, day, known_since)
);
create index superseded_day_by_time on ledger.superseded_day (known_until);
comment on table ledger.superseded_hour is 'Earlier versions of hours, append-only';
comment on table ledger.superseded_span is 'Earlier versions of spans, append-only';
comment on table ledger.superseded_day is 'Earlier versions of days, append-only';

-- Append-only: nobody is granted update or delete.
grant select, insert on ledger.superseded_hour, ledger.superseded_span, ledger.superseded_day to ganzhi_analytics;
grant select on ledger.superseded_hour, ledger.superseded_span, ledger.superseded_day to ganzhi_api, ganzhi_dash;

-- The ledger as known at an instant; the shapes are those of the tables.
create function ledger.hour_as_known(at timestamptz)
returns table (meter_id int4, point int2, hour timestamptz, counts int8, ratio int8, covered_s int2, source text, known_since timestamptz)
language sql stable parallel safe as $$
  select h.meter_id, h.point, h.hour, h.counts, h.ratio, h.covered_s, h.source, h.known_since
  from ledger.hour h where h.known_since <= at
  union all
  select h.meter_id, h.point, h.hour, h.counts, h.ratio, h.covered_s, h.source, h.known_since
  from ledger.superseded_hour h where h.known_since <= at and h.known_until > at
$$;

create function ledger.span_as_known(at timestamptz)
returns table (meter_id int4, point int2, from_ts timestamptz, to_ts timestamptz, class text, counts int8, ratio int8, evidence jsonb, known_since timestamptz)
language sql stable parallel safe as $$
  select s.meter_id, s.point, s.from_ts, s.to_ts, s.class, s.counts, s.ratio, s.evidence, s.known_since
  from ledger.span s where s.known_since <= at
  union all
  select s.meter_id, s.point, s.from_ts, s.to_ts, s.class, s.counts, s.ratio, s.evidence, s.known_since
  from ledger.superseded_span s where s.known_since <= at and s.known_until > at
$$;

create function ledger.day_as_known(at timestamptz)
returns table (meter_id int4, point int2, day date, booked int8, undistributed int8, disputed int8, covered_s int4, known_since timestamptz)
language sql stable parallel safe as $$
  select d.meter_id, d.point, d.day, d.booked, d.undistributed, d.disputed, d.covered_s, d.known_since
  from ledger.day d where d.known_since <= at
  union all
  select d.meter_id, d.point, d.day, d.booked, d.undistributed, d.disputed, d.covered_s, d.known_since
  from ledger.superseded_day d where d.known_since <= at and d.known_until > at
$$;
