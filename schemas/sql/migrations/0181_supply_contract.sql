-- Up Migration
-- What an institution's electricity supply contract says besides the price of a kilowatt-hour: the basic charge (基本电费) by
-- transformer capacity or maximum demand, and the power factor it is held to (力调电费). Append-only on two time axes.
create table energy.supply_contract (
  id int4 generated always as identity primary key,
  institution_id int4 not null references registry.institution,
  valid_from date not null,
  basis text not null check (basis in ('none', 'capacity', 'contract-demand', 'actual-demand')),
  capacity_kva numeric(12, 2) check (capacity_kva > 0),
  demand_kw numeric(12, 2) check (demand_kw > 0),
  -- null: not held to any
  power_factor_standard numeric(3, 2),
  source_document text not null check (source_document <> ''),
  recorded_at timestamptz not null default now(),
  recorded_by text not null,
  check (basis <> 'capacity' or capacity_kva is not null),
  check (basis <> 'contract-demand' or demand_kw is not null)
);
create index supply_contract_by_institution on energy.supply_contract (institution_id, valid_from);
comment on table energy.supply_contract is 'Basic charge and power factor standard of an institution''s electricity, from a day on; append-only';
select platform.keep_scope('energy.supply_contract');
grant select on energy.supply_contract to ganzhi_api, ganzhi_analytics, ganzhi_dash;
grant insert on energy.supply_contract to ganzhi_api;

-- Per hundredth of the power factor away from the standard: percent of the charge, up (below it) or down (above it). Steps hold
-- until their end; below the last one, and above, nothing more is added.
create table energy.power_factor_scale (
  id int4 generated always as identity primary key,
  standard numeric(3, 2) not null check (standard > 0 and standard < 1),
  valid_from date not null,
  below jsonb not null,
  above jsonb not null,
  source_document text not null check (source_document <> ''),
  recorded_at timestamptz not null,
  recorded_by text not null
);
comment on table energy.power_factor_scale is 'Adjustment of the charge by power factor; steps: [{"to": "0.70", "percent": "0.5"}, …] from the standard outwards';
grant select on energy.power_factor_scale to ganzhi_api, ganzhi_analytics, ganzhi_dash;
insert into energy.power_factor_scale (standard, valid_from, below, above, source_document, recorded_at, recorded_by)
select s.standard, '1983-12-02', s.below::jsonb, s.above::jsonb, '功率因数调整电费办法（83）水电财字第215号', '2000-01-01', 'handbook'
from (values
  (0.90, '[{"to":"0.70","percent":"0.5"},{"to":"0.65","percent":"1"},{"to":"0.00","percent":"2"}]', '[{"to":"0.95","percent":"0.15"}]'),
  (0.85, '[{"to":"0.65","percent":"0.5"},{"to":"0.60","percent":"1"},{"to":"0.00","percent":"2"}]',
    '[{"to":"0.90","percent":"0.1"},{"to":"0.94","percent":"0.15"}]'),
  (0.80, '[{"to":"0.60","percent":"0.5"},{"to":"0.55","percent":"1"},{"to":"0.00","percent":"2"}]',
    '[{"to":"0.90","percent":"0.1"},{"to":"0.92","percent":"0.15"}]')) as s(standard, below, above);
