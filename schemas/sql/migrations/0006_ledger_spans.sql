-- Up Migration
create table ledger.span (
  meter_id int4 not null,
  point int2 not null,
  from_ts timestamptz not null,
  to_ts timestamptz not null,
  -- undistributed: certain, but its hours are unknown (a gap). disputed: waits with its evidence for a person
  class text not null check (class in ('undistributed', 'disputed')),
  counts int8 not null,
  ratio int8 not null,
  -- the two registers around the span and why it was classed so
  evidence jsonb not null,
  known_since timestamptz not null default now(),
  primary key (meter_id, point, from_ts),
  check (from_ts < to_ts)
);

-- Days are kept beside the hours, in the same transaction: a month of a city must not be a sum over raw hours.
-- Energy in `counts x ratio`: primary units of 10^-decimals. Only spans that lie wholly inside the day count here; a span
-- over midnight has no certain day and counts in the month (or year) that contains it.
create table ledger.day (
  meter_id int4 not null,
  point int2 not null,
  -- Asia/Shanghai calendar day
  day date not null,
  booked int8 not null,
  undistributed int8 not null,
  disputed int8 not null,
  covered_s int4 not null,
  known_since timestamptz not null default now(),
  primary key (meter_id, point, day)
);
create index day_by_day on ledger.day (day, meter_id);

grant select, insert, update, delete on ledger.span, ledger.day to ganzhi_analytics;
grant select on ledger.span, ledger.day to ganzhi_api, ganzhi_dash;
