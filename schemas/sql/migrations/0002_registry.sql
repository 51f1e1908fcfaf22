-- Up Migration
create table registry.division (
  code text primary key,
  parent_code text references registry.division,
  name_zh text not null,
  name_en text not null,
  sort_order int2 not null
);
comment on table registry.division is 'Administrative divisions, GB/T 2260; functional areas carry a pseudo-code';

create table registry.institution_type (
  code text primary key,
  name_zh text not null,
  name_en text not null
);

create table registry.institution (
  id int4 generated always as identity primary key,
  code text not null unique,
  name_zh text not null,
  name_en text not null,
  type_code text not null references registry.institution_type,
  division_code text not null references registry.division,
  area_m2 numeric(12, 2) not null check (area_m2 > 0),
  headcount int4 not null check (headcount >= 0),
  created_at timestamptz not null default now()
);
create index institution_by_division on registry.institution (division_code, type_code);

create table registry.gateway (
  id int4 generated always as identity primary key,
  code text not null unique check (code ~ '^[A-Za-z0-9][A-Za-z0-9-]{2,63}$'),
  institution_id int4 not null references registry.institution,
  name_zh text not null,
  name_en text not null,
  -- SHA-256 of a random token of 256 bits; a slow hash would only slow the reconnect storm.
  token_sha256 bytea not null check (length(token_sha256) = 32),
  simulated_time boolean not null default false,
  enabled boolean not null default true,
  created_at timestamptz not null default now()
);
create index gateway_by_institution on registry.gateway (institution_id);

create table registry.meter (
  id int4 generated always as identity primary key,
  code text not null unique,
  institution_id int4 not null references registry.institution,
  gateway_id int4 references registry.gateway,
  parent_id int4 references registry.meter,
  name_zh text not null,
  name_en text not null,
  medium text not null check (medium in ('electricity', 'water', 'gas', 'heat', 'environment')),
  -- main meters add up to the institution; sub meters stand below a parent and are never added again
  role text not null check (role in ('main', 'sub')),
  item_code text,
  template text not null,
  -- how often a value is expected, seconds: the measure of coverage
  interval_s int4 not null default 900 check (interval_s between 1 and 86400),
  created_at timestamptz not null default now(),
  check ((role = 'sub') = (parent_id is not null))
);
create index meter_by_institution on registry.meter (institution_id);
create index meter_by_gateway on registry.meter (gateway_id);

create table registry.quantity (
  id int2 primary key,
  code text not null unique,
  name_zh text not null,
  name_en text not null,
  unit text not null,
  kind text not null check (kind in ('counter', 'gauge')),
  medium text not null
);
comment on table registry.quantity is 'Copy of schemas/src/quantities.ts, refreshed by every migration run';

create table registry.point (
  meter_id int4 not null references registry.meter,
  point int2 not null references registry.quantity,
  -- a value is an integer count of 10^-decimals units
  decimals int2 not null check (decimals between 0 and 9),
  unit_value numeric not null generated always as (round(power(10::numeric, -decimals), decimals)) stored,
  -- counts at which the register returns to zero; null where the manual names none
  modulus int8 check (modulus > 0),
  primary key (meter_id, point)
);

create table registry.meter_ratio (
  meter_id int4 not null references registry.meter,
  valid_from timestamptz not null default '-infinity',
  ct int4 not null default 1 check (ct > 0),
  pt int4 not null default 1 check (pt > 0),
  primary key (meter_id, valid_from)
);
comment on table registry.meter_ratio is 'Dated CT and PT ratio; 1 x 1 when the meter reports primary values';

grant select on all tables in schema registry to ganzhi_ingest, ganzhi_analytics, ganzhi_api, ganzhi_dash;
grant insert, update on all tables in schema registry to ganzhi_api;
