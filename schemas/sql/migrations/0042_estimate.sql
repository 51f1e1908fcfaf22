-- Up Migration
-- Estimates of the hours of undistributed spans: a shape for what is certain in total (domain handbook §4). Never booked; sums
-- to its span exactly, and goes when the span goes.
create table ledger.estimate (
  meter_id int4 not null,
  point int2 not null,
  hour timestamptz not null,
  -- the span it belongs to
  from_ts timestamptz not null,
  counts int8 not null,
  ratio int8 not null,
  -- linear: at most two hours; like-day: mean of like days, scaled; flat: nothing to go by
  method text not null check (method in ('siblings', 'linear', 'like-day', 'flat')),
  known_since timestamptz not null default now(),
  primary key (meter_id, point, hour, from_ts)
);
create index estimate_by_span on ledger.estimate (meter_id, point, from_ts);
comment on table ledger.estimate is 'Estimated hours of undistributed spans; marked, never booked';

-- Null: waits for an estimate. Reset when the span changes.
alter table ledger.span add column estimated_at timestamptz;
create index span_to_estimate on ledger.span (to_ts desc) where estimated_at is null and class = 'undistributed';

grant select, insert, update, delete on ledger.estimate to ganzhi_analytics;
grant select on ledger.estimate to ganzhi_api, ganzhi_dash;
