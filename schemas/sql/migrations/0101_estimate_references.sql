-- Up Migration
-- A second meter on the same flow (考核表): first choice when the other one is silent (domain handbook §4, estimate 1).
create table ledger.check_meter (
  id int4 generated always as identity primary key,
  meter_id int4 not null references registry.meter,
  check_meter_id int4 not null references registry.meter,
  valid_from timestamptz not null,
  -- exclusive; null: still there
  valid_to timestamptz,
  note text not null,
  recorded_by text not null,
  recorded_at timestamptz not null,
  check (meter_id <> check_meter_id),
  check (valid_to is null or valid_to > valid_from)
);
comment on table ledger.check_meter is 'Meters on the same flow as another; what one did not tell is estimated from the other';
create index check_meter_by_meter on ledger.check_meter (meter_id, valid_from);
grant select on ledger.check_meter to ganzhi_analytics, ganzhi_dash;
grant select, insert, update (valid_to) on ledger.check_meter to ganzhi_api;

alter table ledger.estimate
  drop constraint estimate_method_check,
  -- check-meter, siblings (parent less siblings), children (sum of the sub-meters): by other meters; linear, like-day, flat: by itself
  add constraint estimate_method_check check (method in ('check-meter', 'siblings', 'children', 'linear', 'like-day', 'flat')),
  -- true: the register has not been heard since from_ts, so that nothing bears the amount out; goes when data arrive, never settled
  add column unsettled boolean not null default false;
comment on table ledger.estimate is 'Estimated hours of undistributed spans, and (unsettled) of registers that are silent; marked, never booked';
create index estimate_unsettled on ledger.estimate (meter_id, point, from_ts, hour) where unsettled;
