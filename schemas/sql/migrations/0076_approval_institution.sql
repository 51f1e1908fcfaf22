-- Up Migration
-- Which institution an application is about: the scope of those who see it, and of those to whom an overdue one is raised.
-- No institution: a matter of the city itself.
alter table platform.approval add column institution_id int4 references registry.institution;
update platform.approval a set institution_id = r.institution_id
from office.repair_application r where r.approval_id = a.id;
select platform.keep_scope('platform.approval');
