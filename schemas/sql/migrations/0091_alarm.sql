-- Up Migration
-- What the detectors found, and what people did about it. Found by the data, ended by the data: a person says "repaired", and
-- only the meter can confirm it.
create schema alarm;
comment on schema alarm is 'Findings of the detectors as alarms with their history; thresholds as dated data';
grant usage on schema alarm to ganzhi_analytics, ganzhi_api, ganzhi_dash, ganzhi_scope;

create table alarm.threshold (
  detector text not null,
  name text not null,
  -- null: every type that has no value of its own
  type_code text references registry.institution_type,
  value numeric(14, 4) not null,
  unit text not null,
  valid_from date not null,
  source_document text not null check (source_document <> ''),
  recorded_at timestamptz not null default now(),
  recorded_by text not null,
  unique nulls not distinct (detector, name, type_code, valid_from, recorded_at)
);
comment on table alarm.threshold is 'Thresholds of the detectors by type of institution and day; append-only, the latest recorded of a day holds';

create table alarm.alarm (
  id int8 generated always as identity primary key,
  -- analytics/src/rules/detect/finding.ts lists them
  kind text not null,
  severity text not null check (severity in ('notice', 'warning', 'critical')),
  -- what the cause is: one meter, a bus of a gateway, a gateway, an institution, a division
  unit_kind text not null check (unit_kind in ('meter', 'bus', 'gateway', 'institution', 'division')),
  -- the unit by itself: 'meter/17', 'bus/4/tcp', 'gateway/4', 'institution/9', 'division/320411'
  unit text not null,
  institution_id int4 references registry.institution,
  division_code text not null references registry.division,
  gateway_id int4 references registry.gateway,
  meter_id int4 references registry.meter,
  -- [began_at, ended_at) by the data; not ended while it lasts
  began_at timestamptz not null,
  ended_at timestamptz,
  state text not null default 'open' check (state in ('open', 'acknowledged', 'assigned', 'resolved', 'confirmed')),
  -- how the data closed it: over; never so (late or corrected data took it back); or part of a larger cause
  outcome text check (outcome in ('over', 'unfounded', 'folded')),
  -- the cause that took it in
  cause_id int8 references alarm.alarm,
  detected_at timestamptz not null,
  -- the last look that found it
  seen_at timestamptz not null,
  -- when a person last said that it is done
  resolved_at timestamptz,
  confirmed_at timestamptz,
  -- numbers behind the finding, and series to plot: analytics/src/rules/detect
  evidence jsonb not null,
  plot jsonb not null,
  -- extra use until now or until it ended, an estimate that is never booked; null where nothing is wasted
  estimated_amount numeric(16, 2),
  amount_unit text,
  estimated_cny numeric(14, 2),
  -- amount a month if nothing is done
  monthly_amount numeric(16, 2),
  monthly_cny numeric(14, 2),
  -- the tariff the estimates rest on; null: none on file, and no price
  tariff_id int4 references energy.tariff,
  assigned_to int4 references platform.app_user,
  told_at timestamptz,
  version int4 not null default 1,
  check ((state = 'confirmed') = (outcome is not null)),
  check ((outcome = 'folded') = (cause_id is not null)),
  check (ended_at > began_at)
);
comment on table alarm.alarm is 'Alarms: one row a cause, however many meters it strikes (alarm.member)';
create index alarm_by_time on alarm.alarm (began_at desc, id desc);
create index alarm_by_unit on alarm.alarm (unit, kind);
create index alarm_living on alarm.alarm (severity, began_at desc) where state <> 'confirmed';
create index alarm_by_institution on alarm.alarm (institution_id, began_at desc);
create index alarm_to_tell on alarm.alarm (id) where told_at is null;

create table alarm.member (
  alarm_id int8 not null references alarm.alarm on delete cascade,
  meter_id int4 not null references registry.meter,
  institution_id int4 not null references registry.institution,
  -- when this meter was right again, the cause may last for others
  ended_at timestamptz,
  primary key (alarm_id, meter_id)
);
comment on table alarm.member is 'Meters that a cause strikes, folded into its one alarm';
create index member_by_meter on alarm.member (meter_id);

create table alarm.event (
  id int8 generated always as identity primary key,
  alarm_id int8 not null references alarm.alarm on delete cascade,
  at timestamptz not null,
  -- log-in of a person, or 'data'
  actor text not null,
  action text not null check (action in ('opened', 'reopened', 'acknowledged', 'assigned', 'resolved', 'confirmed', 'changed')),
  state text not null,
  -- why the data did it: analytics/src/rules/alarm/reasons.ts
  reason text,
  -- what a person wrote
  note text not null default '',
  check ((actor = 'data') = (reason is not null))
);
create index event_by_alarm on alarm.event (alarm_id, id);
comment on table alarm.event is 'History of an alarm; never deleted';

-- Where the detectors stand: an institution is looked at again when its ledger has changed since, or a night is over.
create table alarm.looked (
  institution_id int4 primary key references registry.institution,
  at timestamptz not null,
  -- everything before was looked at: [.., to_ts)
  to_ts timestamptz not null,
  took_ms int4 not null,
  meters int4 not null,
  findings int4 not null
);
comment on table alarm.looked is 'Last look of the detectors at an institution, and what it cost';

grant select on alarm.threshold, alarm.looked to ganzhi_analytics, ganzhi_api, ganzhi_dash;
grant insert on alarm.threshold to ganzhi_api;
grant insert, update on alarm.looked to ganzhi_analytics;
grant select, insert, update on alarm.alarm to ganzhi_analytics;
grant select, insert, update, delete on alarm.member to ganzhi_analytics;
grant select, insert on alarm.event to ganzhi_analytics, ganzhi_api;
grant select on alarm.alarm, alarm.member to ganzhi_api, ganzhi_dash, ganzhi_scope;
grant select on alarm.event to ganzhi_dash;
grant update (state, assigned_to, resolved_at, told_at, version) on alarm.alarm to ganzhi_api;
grant select on metering.batch to ganzhi_analytics;
grant select on energy.weather_station to ganzhi_analytics;

-- Scope. Of a cause above the institutions (a division cut off) those see it whose meters it strikes.
select platform.keep_scope('alarm.member'), platform.keep_scope('alarm.looked');
alter table alarm.alarm enable row level security, force row level security;
create policy services on alarm.alarm to ganzhi_analytics, ganzhi_scope using (true) with check (true);
create policy people on alarm.alarm to ganzhi_api
  using ((select platform.claimed_all(false)) or institution_id in (select platform.claimed_institutions(false))
    or meter_id in (select platform.claimed_meters())
    or (institution_id is null and id in (select m.alarm_id from alarm.member m)));
create policy owner on alarm.alarm to ganzhi_owner
  using ((select platform.claimed_all(true)) or institution_id in (select platform.claimed_institutions(false))
    or (institution_id is null and id in (select m.alarm_id from alarm.member m)));
create policy readers on alarm.alarm for select to ganzhi_dash
  using ((select platform.reader_sees_all()) or institution_id in (select platform.reader_institutions())
    or (institution_id is null and id in (select m.alarm_id from alarm.member m)));
alter table alarm.event enable row level security, force row level security;
create policy services on alarm.event to ganzhi_analytics, ganzhi_scope using (true) with check (true);
create policy people on alarm.event to ganzhi_api using (alarm_id in (select a.id from alarm.alarm a));
create policy owner on alarm.event to ganzhi_owner using (alarm_id in (select a.id from alarm.alarm a));
create policy readers on alarm.event for select to ganzhi_dash using (alarm_id in (select a.id from alarm.alarm a));
