-- Up Migration
-- Reference data of the energy business. Dated and append-only on two time axes: valid_from (a day in Asia/Shanghai, until the
-- next record) and recorded_at (since when we know it). A correction is another row of the same day; nothing is updated, so
-- what was computed with an older row can be computed again.
create table energy.carrier (
  code text primary key,
  name_zh text not null,
  name_en text not null,
  unit text not null,
  -- medium of the meters that measure it; null where no meter does
  medium text unique,
  -- part of comprehensive energy: water is not (handbook 2.1)
  converted boolean not null,
  -- its use emits: false for what the roof produces and the house uses
  emits boolean not null,
  sort_order int2 not null
);
comment on table energy.carrier is 'Energy carriers and water, each with its one unit';

create table energy.factor_variant (
  kind text not null check (kind in ('coefficient', 'emission')),
  code text not null,
  -- what this variant does not say, that one says
  base_code text,
  name_zh text not null,
  name_en text not null,
  primary key (kind, code)
);
comment on table energy.factor_variant is 'Coefficient sets (calorific, equal value) and regions of emission factors';

create table energy.factor (
  id int4 generated always as identity primary key,
  kind text not null check (kind in ('coefficient', 'density', 'emission')),
  carrier text not null references energy.carrier,
  variant text not null,
  value numeric(18, 9) not null check (value > 0),
  unit text not null,
  valid_from date not null,
  source_document text not null check (source_document <> ''),
  recorded_at timestamptz not null default now(),
  recorded_by text not null
);
create index factor_by_use on energy.factor (kind, carrier, variant, valid_from);
comment on table energy.factor is
  'kgce per unit of mass or volume, unit of mass per unit of the carrier, kg CO2 per unit. A density belongs to a coefficient set';

create table energy.factor_band (
  kind text not null,
  carrier text not null references energy.carrier,
  low numeric(18, 9) not null,
  high numeric(18, 9) not null,
  source_document text not null,
  primary key (kind, carrier),
  check (low < high)
);
comment on table energy.factor_band is 'A factor outside its band is refused: most are a slip of the unit';

create table energy.calendar_override (
  day date not null,
  day_type text not null check (day_type in ('workday', 'weekend', 'holiday', 'adjusted-workday')),
  source_document text not null check (source_document <> ''),
  recorded_at timestamptz not null default now(),
  recorded_by text not null,
  primary key (day, recorded_at)
);
comment on table energy.calendar_override is 'Day types that stand above the published notices';

create table energy.base_fact (
  id int4 generated always as identity primary key,
  institution_id int4 not null references registry.institution,
  kind text not null check (kind in ('area', 'persons')),
  value numeric(14, 2) not null check (value >= 0),
  valid_from date not null,
  source_document text not null check (source_document <> ''),
  recorded_at timestamptz not null default now(),
  recorded_by text not null
);
create index base_fact_by_institution on energy.base_fact (institution_id, kind, valid_from);
comment on table energy.base_fact is
  'Floor area in use (m2) and energy users by date; without a record the figures of the registry hold';

create table energy.tariff (
  id int4 generated always as identity primary key,
  code text not null check (code ~ '^[a-z0-9][a-z0-9-]{1,63}$'),
  carrier text not null references energy.carrier,
  name_zh text not null,
  name_en text not null,
  valid_from date not null,
  -- seasons, slots, components: analytics/src/rules/energy/tariff.ts
  content jsonb not null,
  source_document text not null check (source_document <> ''),
  -- sample prices are never to be mistaken for posted ones
  sample boolean not null,
  recorded_at timestamptz not null default now(),
  recorded_by text not null
);
create index tariff_by_code on energy.tariff (code, valid_from);

create table energy.tariff_assignment (
  id int4 generated always as identity primary key,
  institution_id int4 not null references registry.institution,
  carrier text not null references energy.carrier,
  tariff_code text not null,
  valid_from date not null,
  source_document text not null check (source_document <> ''),
  recorded_at timestamptz not null default now(),
  recorded_by text not null
);
create index tariff_assignment_by_institution on energy.tariff_assignment (institution_id, carrier, valid_from);
comment on table energy.tariff_assignment is 'Which tariff an institution pays for a carrier, by date';

create table energy.meter_use (
  id int4 generated always as identity primary key,
  meter_id int4 not null references registry.meter,
  -- forwarded: passed on to third parties and taken off; data-centre and it: both sides of the PUE
  purpose text not null check (purpose in ('forwarded', 'data-centre', 'it', 'heating')),
  valid_from date not null,
  -- the first day it no longer holds
  valid_to date,
  source_document text not null check (source_document <> ''),
  recorded_at timestamptz not null default now(),
  recorded_by text not null,
  unique (meter_id, purpose, valid_from),
  check (valid_to > valid_from)
);

-- What was reported once stays: a closed year keeps its figures whatever factor is loaded later (golden scenario G6).
create table energy.indicator_snapshot (
  institution_id int4 not null references registry.institution,
  year int2 not null,
  figures jsonb not null,
  closed_at timestamptz not null default now(),
  closed_by text not null,
  reason text not null,
  primary key (institution_id, year, closed_at)
);
comment on table energy.indicator_snapshot is 'Indicators of closed years with the versions used; the latest row of a year holds';

create table platform.idempotent_answer (
  actor text not null,
  key text not null check (length(key) <= 200),
  -- SHA-256 of method, path and body: the same key for something else is a mistake
  digest bytea not null check (length(digest) = 32),
  answer jsonb not null,
  created_at timestamptz not null default now(),
  primary key (actor, key)
);
create index idempotent_answer_by_time on platform.idempotent_answer (created_at);
comment on table platform.idempotent_answer is 'Answers of creates by Idempotency-Key, written in the transaction of the create';
grant select, insert, delete on platform.idempotent_answer to ganzhi_api;

grant usage on schema energy to ganzhi_analytics;
grant select on energy.carrier, energy.factor_variant, energy.factor, energy.factor_band, energy.calendar_override,
  energy.base_fact, energy.tariff, energy.tariff_assignment, energy.meter_use, energy.indicator_snapshot
  to ganzhi_api, ganzhi_analytics, ganzhi_dash;
grant insert on energy.factor, energy.calendar_override, energy.base_fact, energy.tariff, energy.tariff_assignment,
  energy.meter_use, energy.indicator_snapshot to ganzhi_api;
