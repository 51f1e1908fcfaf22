-- Up Migration
-- Institutions live: entered as a draft, reviewed by a second person, active, suspended, merged, split, removed (handbook M01).
-- The columns of registry.institution are what holds today; dated rows tell what held on a day of the past.
alter table registry.institution
  add column state text not null default 'active'
    check (state in ('draft', 'review', 'active', 'suspended', 'merged', 'split', 'removed')),
  -- unified social credit code, GB 32100; check digit by api/src/registry/identifiers.ts
  add column uscc text check (uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
  -- initials of the name in pinyin, lower case, as a person wrote them: "czsjj"
  add column initials text not null default '' check (initials ~ '^[a-z0-9]{0,40}$'),
  add column parent_id int4 references registry.institution check (parent_id <> id),
  add column staff int4 check (staff >= 0),
  add column students int4 check (students >= 0),
  add column beds int4 check (beds >= 0),
  -- the first day on which it belongs to the registry
  add column member_from date not null default '-infinity',
  add column source_document text not null default '',
  add column version int4 not null default 1;
comment on column registry.institution.state is 'State of today; as of a day: registry.institution_event';
-- a body that is gone leaves its code to a successor
create unique index institution_by_uscc on registry.institution (uscc) where state not in ('merged', 'split', 'removed');
create index institution_by_parent on registry.institution (parent_id) where parent_id is not null;

-- What somebody asked for and somebody else approved: entry, new attributes, suspension, resumption, removal, merger, split.
create table registry.institution_change (
  id int4 generated always as identity primary key,
  institution_id int4 not null references registry.institution,
  kind text not null check (kind in ('entry', 'attributes', 'suspension', 'resumption', 'removal', 'merger', 'split')),
  effective_on date not null,
  reason_code text check (reason_code in ('no-premises', 'no-staff-quota', 'no-operation', 'dissolved', 'duplicate', 'other')),
  reason text not null check (length(reason) between 1 and 1000),
  source_document text not null check (length(source_document) between 1 and 300),
  -- by kind: api/src/registry/change.ts
  content jsonb not null,
  requested_by int4 not null references platform.app_user,
  requested_at timestamptz not null,
  approval_id int8 references platform.approval,
  applied_at timestamptz,
  check ((kind = 'removal') = (reason_code is not null))
);
comment on table registry.institution_change is
  'Changes of the registry with document and reason; state and history of the decision are those of the approval';
create index institution_change_by_institution on registry.institution_change (institution_id, id desc);

-- Append-only: which state an institution is in from a day on. Without any row its state of today holds since member_from.
create table registry.institution_event (
  id int4 generated always as identity primary key,
  institution_id int4 not null references registry.institution,
  state text not null check (state in ('active', 'suspended', 'merged', 'split', 'removed')),
  effective_on date not null,
  -- who goes on where it ended: one for a merger, several for a split
  successors int4[] not null default '{}',
  change_id int4 references registry.institution_change,
  recorded_at timestamptz not null,
  recorded_by text not null,
  check ((state in ('merged', 'split')) = (successors <> '{}'))
);
create index institution_event_by_institution on registry.institution_event (institution_id, effective_on);
create index institution_event_by_successor on registry.institution_event using gin (successors) where successors <> '{}';

-- Append-only, on two time axes like energy.base_fact: which type, division, line, parent and name held from a day on.
create table registry.institution_fact (
  id int4 generated always as identity primary key,
  institution_id int4 not null references registry.institution,
  kind text not null check (kind in ('type', 'division', 'line', 'parent', 'name-zh', 'name-en')),
  -- code, id of the parent as text, or name; null: none
  value text,
  valid_from date not null,
  source_document text not null check (source_document <> ''),
  change_id int4 references registry.institution_change,
  recorded_at timestamptz not null default now(),
  recorded_by text not null,
  check (value is not null or kind in ('line', 'parent'))
);
create index institution_fact_by_institution on registry.institution_fact (institution_id, kind, valid_from);

alter table energy.base_fact drop constraint base_fact_kind_check;
alter table energy.base_fact
  add constraint base_fact_kind_check check (kind in ('area', 'persons', 'staff', 'students', 'beds')),
  add column change_id int4 references registry.institution_change;

-- Whom a meter counted for before: its readings and its ledger stay one, what they add up to changes hands. The meter's own
-- institution_id holds from held_from on. Medium and role are copied: who held it once need not see it today.
alter table registry.meter add column held_from date not null default '-infinity';
create table registry.former_holding (
  meter_id int4 not null references registry.meter,
  institution_id int4 not null references registry.institution,
  from_day date not null,
  to_day date not null,
  medium text not null,
  role text not null,
  change_id int4 references registry.institution_change,
  primary key (meter_id, from_day),
  check (from_day < to_day)
);
create index former_holding_by_institution on registry.former_holding (institution_id);

grant select on registry.institution_change, registry.institution_event, registry.institution_fact, registry.former_holding
  to ganzhi_ingest, ganzhi_analytics, ganzhi_api, ganzhi_dash;
grant insert on registry.institution_change, registry.institution_event, registry.institution_fact, registry.former_holding to ganzhi_api;
grant update (approval_id, applied_at) on registry.institution_change to ganzhi_api;
select platform.keep_scope('registry.institution_change'), platform.keep_scope('registry.institution_event'),
  platform.keep_scope('registry.institution_fact'), platform.keep_scope('registry.former_holding');

-- Institutions as they stood on a day. The newest record of a day wins; before the first record the columns hold.
create function registry.institution_as_of(day date)
returns table (id int4, code text, name_zh text, name_en text, type_code text, division_code text, line_code text, parent_id int4,
  area_m2 numeric, headcount int4, staff int4, students int4, beds int4, state text, uscc text, initials text,
  member_from date, source_document text, version int4)
language sql stable
begin atomic
  select i.id, i.code,
    coalesce(f.name_zh, i.name_zh), coalesce(f.name_en, i.name_en), coalesce(f.type_code, i.type_code),
    coalesce(f.division_code, i.division_code),
    case when f.has_line then f.line_code else i.line_code end,
    case when f.has_parent then f.parent_id else i.parent_id end,
    coalesce(n.area, i.area_m2), coalesce(n.persons, i.headcount)::int4, coalesce(n.staff, i.staff)::int4,
    coalesce(n.students, i.students)::int4, coalesce(n.beds, i.beds)::int4,
    coalesce(
      (select e.state from registry.institution_event e where e.institution_id = i.id and e.effective_on <= day
        order by e.effective_on desc, e.id desc limit 1),
      case when day >= i.member_from and not exists (select from registry.institution_event e where e.institution_id = i.id)
        then i.state else 'draft' end),
    i.uscc, i.initials, i.member_from, i.source_document, i.version
  from registry.institution i
  left join lateral (
    select max(x.value) filter (where x.kind = 'name-zh') as name_zh, max(x.value) filter (where x.kind = 'name-en') as name_en,
      max(x.value) filter (where x.kind = 'type') as type_code, max(x.value) filter (where x.kind = 'division') as division_code,
      max(x.value) filter (where x.kind = 'line') as line_code, bool_or(x.kind = 'line') as has_line,
      max(x.value) filter (where x.kind = 'parent')::int4 as parent_id, bool_or(x.kind = 'parent') as has_parent
    from (select distinct on (g.kind) g.kind, g.value from registry.institution_fact g
      where g.institution_id = i.id and g.valid_from <= day
      order by g.kind, g.valid_from desc, g.recorded_at desc, g.id desc) x
  ) f on true
  left join lateral (
    select max(x.value) filter (where x.kind = 'area') as area, max(x.value) filter (where x.kind = 'persons') as persons,
      max(x.value) filter (where x.kind = 'staff') as staff, max(x.value) filter (where x.kind = 'students') as students,
      max(x.value) filter (where x.kind = 'beds') as beds
    from (select distinct on (g.kind) g.kind, g.value from energy.base_fact g
      where g.institution_id = i.id and g.valid_from <= day
      order by g.kind, g.valid_from desc, g.recorded_at desc, g.id desc) x
  ) n on true;
end;
grant execute on function registry.institution_as_of to ganzhi_api, ganzhi_analytics, ganzhi_dash;

-- The courses of approval as data; the bureau replaces them by its own. A body of the city itself is decided by the city.
insert into platform.approval_template (matter, valid_from, source, definition)
select matter, '2020-01-01', 'Proposal of the domain handbook 1.3 M01; replace by the course in force', jsonb_build_object(
  'matter', matter, 'zh', zh, 'en', en, 'materials', '[]'::jsonb, 'steps', jsonb_build_array(
    jsonb_build_object('code', 'district', 'zh', '辖市（区）机关事务部门审核', 'en', 'District administration',
      'role', 'division-administrator', 'levels', '["unit", "town", "district"]'::jsonb, 'sign', 'one', 'deadlineDays', 5,
      'escalateTo', 'city-administrator'),
    jsonb_build_object('code', 'city', 'zh', '市机关事务管理局审批', 'en', 'City administration',
      'role', 'city-administrator', 'levels', case when whole then '["unit", "town", "district", "city"]' else '["city"]' end::jsonb,
      'sign', 'one', 'deadlineDays', 10)))
from (values
  ('institution-entry', '机构入库', 'Entry of an institution', false),
  ('institution-attributes', '机构信息变更', 'Change of an institution''s attributes', false),
  ('institution-suspension', '机构停报', 'Suspension of an institution', false),
  ('institution-resumption', '机构恢复填报', 'Resumption of an institution', false),
  ('institution-removal', '机构移出名录库', 'Removal of an institution', true),
  ('institution-merger', '机构合并', 'Merger of institutions', true),
  ('institution-split', '机构分立', 'Split of an institution', true)
) m(matter, zh, en, whole);
