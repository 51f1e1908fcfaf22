-- Up Migration
create table energy.quota (
  institution_id int4 not null references registry.institution,
  year int2 not null,
  medium text not null default 'electricity',
  -- annual electricity in kWh: constraint >= base >= guide (domain handbook 2.5)
  constraint_value numeric(16, 2) not null,
  base_value numeric(16, 2) not null,
  guide_value numeric(16, 2) not null,
  unit text not null default 'kWh',
  source_document text not null,
  -- sample values are never to be mistaken for the standard's
  sample boolean not null,
  primary key (institution_id, year, medium),
  check (constraint_value >= base_value and base_value >= guide_value and guide_value > 0)
);
grant select on energy.quota to ganzhi_dash;
grant select, insert, update on energy.quota to ganzhi_api;
