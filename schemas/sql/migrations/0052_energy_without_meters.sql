-- Up Migration
-- What no meter sends: bills, imported series, manual readings, outdoor temperature.

-- The part of a whole, spread evenly over [from_n, to_n), that falls into [part_from, part_to). Cumulative, so the parts of
-- adjoining periods always add up to the whole. The same formula as dayShare in analytics/src/rules/energy/shares.ts.
create function energy.linear_share(counts numeric, from_n int8, to_n int8, part_from int8, part_to int8) returns numeric
language sql immutable parallel safe
return case when to_n > from_n and part_to > part_from then
  div(2 * counts * (least(greatest(part_to, from_n), to_n) - from_n) + (to_n - from_n), 2 * (to_n - from_n)::numeric)
  - div(2 * counts * (least(greatest(part_from, from_n), to_n) - from_n) + (to_n - from_n), 2 * (to_n - from_n)::numeric)
else 0 end;

create function energy.day_share(counts numeric, from_day date, to_day date, part_from date, part_to date) returns numeric
language sql immutable parallel safe
return energy.linear_share(counts, from_day - date '1970-01-01', to_day - date '1970-01-01',
  part_from - date '1970-01-01', part_to - date '1970-01-01');

create table energy.utility_account (
  id int4 generated always as identity primary key,
  institution_id int4 not null references registry.institution,
  carrier text not null references energy.carrier,
  account_no text not null check (account_no <> ''),
  supplier text not null,
  purpose text not null check (purpose in ('building', 'vehicle')),
  -- additional: no main meter of ours sees it, so it counts. check: the same supply as our main meters, for comparison and cost
  counting text not null check (counting in ('additional', 'check')),
  created_at timestamptz not null default now(),
  created_by text not null,
  unique (carrier, account_no)
);
create index utility_account_by_institution on energy.utility_account (institution_id);
comment on table energy.utility_account is 'Accounts with suppliers: electricity, water, gas, heat, coal, LPG, vehicle fuel';

create table energy.bill (
  id int8 generated always as identity primary key,
  account_id int4 not null references energy.utility_account,
  from_day date not null,
  -- the first day that is not in it
  to_day date not null,
  quantity numeric(18, 4) not null check (quantity >= 0),
  cost_cny numeric(14, 2) check (cost_cny >= 0),
  document_ref text not null,
  origin text not null check (origin in ('entry', 'import')),
  -- why an unusual figure is right
  explanation text,
  entered_by text not null,
  entered_at timestamptz not null default now(),
  -- a wrong bill is voided and entered again, never changed
  voided_by text,
  voided_at timestamptz,
  void_reason text,
  check (to_day > from_day and to_day - from_day <= 400),
  check ((voided_at is null) = (voided_by is null) and (voided_at is null) = (void_reason is null))
);
create index bill_by_account on energy.bill (account_id, from_day) where voided_at is null;
comment on table energy.bill is 'Bills; spread evenly over their days as derived energy (energy.day_share)';

create table energy.series (
  id int4 generated always as identity primary key,
  institution_id int4 not null references registry.institution,
  carrier text not null references energy.carrier,
  purpose text not null check (purpose in ('building', 'vehicle')),
  name text not null,
  source_document text not null check (source_document <> ''),
  created_at timestamptz not null default now(),
  created_by text not null
);
create index series_by_institution on energy.series (institution_id, carrier);
comment on table energy.series is 'Imported history of a time before our meters';

create table energy.series_hour (
  series_id int4 not null references energy.series on delete cascade,
  hour timestamptz not null,
  quantity numeric(16, 4) not null check (quantity >= 0),
  primary key (series_id, hour)
);

create table energy.manual_reading (
  id int8 generated always as identity primary key,
  meter_id int4 not null references registry.meter,
  ts timestamptz not null,
  -- register in the unit of the meter's booked counter, as written down
  register numeric(20, 9) not null check (register >= 0),
  photo_ref text not null check (photo_ref <> ''),
  -- what the plausibility check found, with the figures it compared; an unusual reading needs an explanation
  findings jsonb not null,
  explanation text,
  state text not null check (state in ('waiting', 'confirmed', 'rejected')),
  entered_by text not null,
  entered_at timestamptz not null default now(),
  -- a second person reads the photo again: the same register, or it is rejected
  checked_by text,
  checked_at timestamptz,
  -- when the confirmed register was handed to the ledger
  booked_at timestamptz,
  check (checked_by <> entered_by),
  check ((state = 'waiting') = (checked_at is null))
);
create index manual_reading_by_meter on energy.manual_reading (meter_id, ts);
create index manual_reading_to_book on energy.manual_reading (id) where state = 'confirmed' and booked_at is null;
comment on table energy.manual_reading is
  'Registers read by persons. A confirmed one becomes a reading of quality 4 whose batch_id is the negative id of this row';

create table energy.weather_station (
  code text primary key check (code ~ '^[A-Za-z0-9-]{2,32}$'),
  name_zh text not null,
  name_en text not null
);
insert into energy.weather_station values ('58343', '常州', 'Changzhou');

create table energy.temperature_hour (
  station text not null references energy.weather_station,
  hour timestamptz not null,
  mean_c numeric(4, 1) not null check (mean_c between -60 and 60),
  source text not null,
  known_since timestamptz not null default now(),
  primary key (station, hour)
);
comment on table energy.temperature_hour is 'Outdoor temperature by hour, imported or fed';

grant select on energy.utility_account, energy.bill, energy.series, energy.series_hour, energy.manual_reading,
  energy.weather_station, energy.temperature_hour to ganzhi_api, ganzhi_analytics, ganzhi_dash;
grant insert on energy.utility_account, energy.bill, energy.series, energy.series_hour, energy.manual_reading,
  energy.weather_station, energy.temperature_hour to ganzhi_api;
grant update (voided_by, voided_at, void_reason) on energy.bill to ganzhi_api;
grant update (state, checked_by, checked_at) on energy.manual_reading to ganzhi_api;
grant update (booked_at) on energy.manual_reading to ganzhi_analytics;
grant update (mean_c, source, known_since) on energy.temperature_hour to ganzhi_api, ganzhi_analytics;
grant insert on energy.temperature_hour to ganzhi_analytics;
grant select, insert on metering.reading, metering.reading_revision to ganzhi_analytics;
