-- Up Migration
-- Who gets a share of a meter need not see that meter: the share says its medium itself. What nobody could be given stays with
-- the meter's own institution and says so.
alter table energy.allocated_day
  add column medium text,
  add column unallocated boolean not null default false;
update energy.allocated_day a set medium = m.medium, institution_id = coalesce(a.institution_id, m.institution_id),
  unallocated = a.institution_id is null
from registry.meter m where m.id = a.meter_id;
alter table energy.allocated_day alter column medium set not null, alter column institution_id set not null;
