-- Up Migration
-- Handbook M01 and M02: divisions and lines kept by people; buildings with class, year and areas, their zones; accounts end.
alter table registry.division
  add column version int4 not null default 1,
  -- abolished: what belongs to it stays, nothing new comes in
  add column retired_on date;
alter table registry.line
  add column version int4 not null default 1,
  add column retired_on date;
create trigger next_version before update on registry.division for each row execute function registry.next_version();
create trigger next_version before update on registry.line for each row execute function registry.next_version();

alter table energy.building
  add column version int4 not null default 1,
  -- A office, B shop, C hotel, D culture and education, E health, F sports, G mixed, H other
  add column class text check (class ~ '^[A-H]$'),
  add column built_year int2 check (built_year between 1800 and 2100),
  add column heated_m2 numeric(12,2) check (heated_m2 >= 0),
  add column cooled_m2 numeric(12,2) check (cooled_m2 >= 0),
  -- given up: demolished, sold, handed over
  add column retired_on date,
  add column retired_reason text check (length(retired_reason) between 1 and 300),
  add constraint building_retired_why check ((retired_on is null) = (retired_reason is null)),
  add constraint building_of_institution unique (id, institution_id);
comment on column energy.building.class is 'Class of buildings of the energy monitoring guideline for state offices and large public buildings';
create trigger next_version before update on energy.building for each row execute function registry.next_version();

create table energy.zone (
  id int4 generated always as identity primary key,
  building_id int4 not null,
  institution_id int4 not null,
  code text not null check (length(code) between 1 and 64),
  floor int2 check (floor between -9 and 150),
  name_zh text not null,
  name_en text not null,
  area_m2 numeric(12,2) not null check (area_m2 > 0),
  -- data centre, kitchen and the like: their area and energy stay out of a quota (handbook M02)
  special boolean not null default false,
  version int4 not null default 1,
  created_at timestamptz not null default now(),
  created_by text not null,
  unique (building_id, code),
  foreign key (building_id, institution_id) references energy.building (id, institution_id)
);
comment on table energy.zone is 'Parts of a building, in square metres of its area; together no more than the building';
create index zone_by_institution on energy.zone (institution_id);
create trigger next_version before update on energy.zone for each row execute function registry.next_version();
grant select, insert, delete, update (code, floor, name_zh, name_en, area_m2, special) on energy.zone to ganzhi_api;
grant select on energy.zone to ganzhi_analytics, ganzhi_dash;
select platform.keep_scope('energy.zone');

alter table energy.utility_account
  add column version int4 not null default 1,
  -- the first day that it does not supply any more
  add column closed_on date,
  add column closed_reason text check (length(closed_reason) between 1 and 300),
  add constraint utility_account_closed_why check ((closed_on is null) = (closed_reason is null));
create trigger next_version before update on energy.utility_account for each row execute function registry.next_version();
