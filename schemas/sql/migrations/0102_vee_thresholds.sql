-- Up Migration
-- Thresholds of the validation rules V1 to V12 (domain handbook §4) as dated data: never changed, a later row takes the place of
-- an earlier one from its day on. Null medium or role: every one; the row that says more goes before the one that says less.
create table ledger.vee_threshold (
  id int4 generated always as identity primary key,
  rule text not null check (rule ~ '^V([1-9]|1[0-2])$'),
  parameter text not null,
  medium text check (medium in ('electricity', 'water', 'gas', 'heat')),
  role text check (role in ('main', 'sub')),
  value numeric not null check (value >= 0),
  valid_from date not null,
  reason text not null check (reason <> ''),
  recorded_by text not null,
  recorded_at timestamptz not null
);
comment on table ledger.vee_threshold is 'Dated thresholds of validation rules, append-only; names in analytics/src/rules/vee-rules.ts';
create index vee_threshold_by_rule on ledger.vee_threshold (rule, parameter, valid_from);
grant select on ledger.vee_threshold to ganzhi_analytics, ganzhi_dash;
grant select, insert on ledger.vee_threshold to ganzhi_api;

insert into ledger.vee_threshold (rule, parameter, medium, value, valid_from, reason, recorded_by, recorded_at)
select rule, parameter, medium, value, '2000-01-01', '导则与手册默认值 · default of the domain handbook, section 4', 'handbook', '2000-01-01'
from (values
  ('V1', 'lowest', null, 0), ('V1', 'shareOfModulus', null, 1),
  ('V2', 'timesMaximum', null, 2),
  ('V4', 'intervals', null, 3),
  ('V5', 'peakRatio', null, 1.8),
  ('V6', 'intervals', null, 1.5),
  ('V7', 'warnS', null, 60), ('V7', 'rejectS', null, 300),
  ('V8', 'steps', null, 1),
  ('V9', 'low', null, 0.3), ('V9', 'high', null, 3),
  ('V10', 'share', null, 0.05), ('V10', 'share', 'water', 0.08),
  ('V11', 'voltageShare', null, 0.1), ('V11', 'powerFactor', null, 0.5),
  ('V12', 'billShare', null, 0.03), ('V12', 'daySumShare', null, 0.05)
) t(rule, parameter, medium, value);
