-- Up Migration
-- 办公用房大中修: the blueprint of an administrative module. Its course of approval is data (domain handbook 1.5).
create schema office;
comment on schema office is 'Office space and its upkeep (M10, M11)';
grant usage on schema office to ganzhi_api;

create table office.repair_application (
  id int4 generated always as identity primary key,
  institution_id int4 not null references registry.institution,
  title text not null check (length(title) between 1 and 100),
  reason text not null check (length(reason) between 1 and 2000),
  -- fen, so that thresholds and sums are exact
  estimate_fen int8 not null check (estimate_fen > 0),
  created_by int4 not null references platform.app_user,
  created_at timestamptz not null,
  -- given when it is handed in; a draft has none
  number text unique,
  approval_id int8 references platform.approval,
  version int4 not null default 1,
  check ((number is null) = (approval_id is null))
);
comment on table office.repair_application is 'Applications for medium and major repairs; state and history are those of the approval';
create index repair_application_by_institution on office.repair_application (institution_id, id desc);
grant select, insert on office.repair_application to ganzhi_api;
grant update (title, reason, estimate_fen, number, approval_id, version) on office.repair_application to ganzhi_api;
select platform.keep_scope('office.repair_application');

-- Who was given which piece of evidence as what: the course asks for these.
create table office.repair_material (
  application_id int4 not null references office.repair_application,
  evidence_id int8 not null references platform.evidence,
  material text not null,
  primary key (application_id, evidence_id)
);
grant select, insert on office.repair_material to ganzhi_api;

-- the unit itself reviews before anybody above it (单位审核); nobody reviews his own
insert into platform.role_permission values ('institution-administrator', 'data.review');

insert into platform.approval_template (matter, valid_from, source, definition) values ('repair', '2020-01-01',
  'Proposal of the domain handbook 1.5; replace by the course in force', '{
  "matter": "repair", "zh": "办公用房大中修", "en": "Medium or major repair of offices",
  "materials": [
    {"code": "inspection", "zh": "房屋状况鉴定", "en": "Condition inspection", "required": true},
    {"code": "estimate", "zh": "工程概算", "en": "Estimate", "required": true},
    {"code": "photo", "zh": "现状照片", "en": "Photos", "required": false}],
  "steps": [
    {"code": "institution", "zh": "单位审核", "en": "Institution", "role": "institution-administrator",
     "levels": ["unit", "town", "district", "city"], "sign": "one", "deadlineDays": 5},
    {"code": "district", "zh": "辖市（区）机关事务部门审核", "en": "District administration", "role": "division-administrator",
     "levels": ["unit", "town", "district"], "sign": "one", "deadlineDays": 10},
    {"code": "city", "zh": "市机关事务管理局审批（50 万元及以上）", "en": "City administration (500,000 CNY and above)", "role": "city-administrator",
     "levels": ["unit", "town", "district", "city"], "fromAmountFen": 50000000, "sign": "all", "deadlineDays": 15}]}');
