-- Up Migration
-- Who may do what, and with which part of the city (domain handbook 5): role x scope, dated. One column of app_user could
-- not say "reads Wujin, fills in for one school, until March".
create table registry.line (
  code text primary key,
  parent_code text references registry.line,
  name_zh text not null,
  name_en text not null
);
comment on table registry.line is 'Lines of business across divisions (条): education, health, culture';
alter table registry.institution add column line_code text references registry.line;
create index institution_by_line on registry.institution (line_code) where line_code is not null;
grant select on registry.line to ganzhi_ingest, ganzhi_analytics, ganzhi_api, ganzhi_dash;
grant insert, update on registry.line to ganzhi_api;

create table platform.role (
  code text primary key,
  name_zh text not null,
  name_en text not null,
  -- system, security and audit exclude one another and every business role (三员分立); bootstrap is the first user of an
  -- installation and has its rights only until those three exist
  kind text not null check (kind in ('business', 'system', 'security', 'audit', 'bootstrap'))
);
create table platform.role_permission (
  role_code text not null references platform.role,
  permission text not null,
  primary key (role_code, permission)
);
comment on table platform.role_permission is 'Permissions are those of api/src/auth/permissions.ts; a test compares';

insert into platform.role (code, name_zh, name_en, kind) values
  ('installer', '初始管理员', 'First administrator', 'bootstrap'),
  ('system-administrator', '系统管理员', 'System administrator', 'system'),
  ('security-administrator', '安全管理员', 'Security administrator', 'security'),
  ('audit-administrator', '审计管理员', 'Audit administrator', 'audit'),
  ('city-administrator', '市级管理员', 'City administrator', 'business'),
  ('city-viewer', '驾驶舱', 'City viewer', 'business'),
  ('division-administrator', '辖市（区）管理员', 'Division administrator', 'business'),
  ('street-liaison', '镇（街道）联络员', 'Street liaison', 'business'),
  ('line-supervisor', '行业主管', 'Line supervisor', 'business'),
  ('institution-administrator', '单位管理员', 'Institution administrator', 'business'),
  ('energy-manager', '能源管理员', 'Energy manager', 'business'),
  ('filler', '填报人', 'Filler', 'business'),
  ('compound-manager', '集中办公区管理员', 'Compound manager', 'business'),
  ('fleet-operator', '采集运维', 'Fleet operator', 'business'),
  ('energy-service-company', '能源托管单位', 'Energy service company', 'business'),
  ('auditor', '审计督查', 'Auditor', 'business'),
  ('integration', '系统对接', 'Integration', 'business');

insert into platform.role_permission (role_code, permission)
select r.code, p from (values
  ('installer', '{data.read,data.write,data.export,data.review,fleet.manage,personal.read,aggregate.read,users.manage,roles.manage,audit.read,session}'),
  ('system-administrator', '{users.manage,session}'),
  ('security-administrator', '{roles.manage,session}'),
  ('audit-administrator', '{audit.read,session}'),
  ('city-administrator', '{data.read,data.write,data.export,data.review,fleet.manage,personal.read,aggregate.read,session}'),
  ('city-viewer', '{aggregate.read,session}'),
  ('division-administrator', '{data.read,data.write,data.export,data.review,personal.read,aggregate.read,session}'),
  ('street-liaison', '{data.read,aggregate.read,data.write,data.review,session}'),
  ('line-supervisor', '{data.read,data.export,data.review,aggregate.read,session}'),
  ('institution-administrator', '{data.read,aggregate.read,data.write,data.export,personal.read,session}'),
  ('energy-manager', '{data.read,aggregate.read,data.write,data.export,session}'),
  ('filler', '{data.read,aggregate.read,data.write,session}'),
  ('compound-manager', '{data.read,aggregate.read,data.write,data.export,session}'),
  ('fleet-operator', '{data.read,aggregate.read,fleet.manage,session}'),
  ('energy-service-company', '{data.read,aggregate.read,session}'),
  ('auditor', '{data.read,data.export,aggregate.read,audit.read,session}'),
  ('integration', '{data.read,aggregate.read,data.export,session}')
) r(code, permissions), unnest(r.permissions::text[]) p;

create table platform.assignment (
  id int4 generated always as identity primary key,
  user_id int4 not null references platform.app_user on delete cascade,
  role_code text not null references platform.role,
  -- the scope is the union of what stands here; a subtree contains everything below its code
  whole_city boolean not null default false,
  division_code text references registry.division,
  line_code text references registry.line,
  institution_ids int4[] not null default '{}',
  meter_ids int4[] not null default '{}',
  -- readings and consumption of this span only; null: no limit
  data_from timestamptz,
  data_to timestamptz,
  valid_from timestamptz not null default now(),
  valid_to timestamptz,
  revoked_at timestamptz,
  granted_by text not null,
  -- a delegation lives no longer than the right it was made of
  delegated_from int4 references platform.assignment on delete cascade,
  reason text not null default '',
  check (whole_city or division_code is not null or line_code is not null or institution_ids <> '{}' or meter_ids <> '{}'
    or role_code in ('system-administrator', 'security-administrator', 'audit-administrator')),
  check (delegated_from is null or valid_to is not null),
  check (data_from < data_to),
  check (valid_from < valid_to)
);
comment on table platform.assignment is 'A role of a user with its scope and its time; never deleted, revoked instead';
create index assignment_by_user on platform.assignment (user_id);

-- Three administrators: nobody is two of them, nor one of them and a user of business data.
create function platform.keep_duties_apart() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
  -- one after another for a user: two grants at once must not each miss the other
  perform from platform.app_user where id = new.user_id for update;
  if exists (
    select from platform.assignment a
    join platform.role r on r.code = a.role_code
    join platform.role n on n.code = new.role_code
    where a.user_id = new.user_id and a.id <> new.id and a.revoked_at is null and new.revoked_at is null
      and (a.valid_to is null or a.valid_to > new.valid_from) and r.kind <> n.kind
  ) then
    raise exception 'duties of user % must stay apart', new.user_id using errcode = 'GZ001';
  end if;
  return new;
end $$;
create trigger duties_apart after insert or update on platform.assignment
  for each row execute function platform.keep_duties_apart();

insert into platform.assignment (user_id, role_code, whole_city, granted_by)
select id, case role when 'admin' then 'installer' when 'manager' then 'city-administrator' else 'auditor' end, true, 'migration'
from platform.app_user;

alter table platform.app_user
  drop column role,
  alter column password_hash drop not null,
  add column kind text not null default 'person' check (kind in ('person', 'service')),
  add column phone text not null default '',
  add column enabled boolean not null default true,
  add column password_changed_at timestamptz not null default now(),
  -- true: the password came from an administrator and must be replaced at the first log-in
  add column password_temporary boolean not null default false,
  -- earlier hashes, newest first: the policy refuses to go back to them
  add column password_history text[] not null default '{}',
  -- second factor (RFC 6238): the secret in base32; last accepted time step, so that a code works once
  add column totp_secret text,
  add column totp_confirmed boolean not null default false,
  add column totp_last_step int8 not null default 0,
  -- SHA-256 of codes of 80 random bits, each good once
  add column recovery_sha256 bytea[] not null default '{}',
  -- subject at the organisation's own log-in (OpenID Connect)
  add column oidc_issuer text,
  add column oidc_subject text,
  add column version int4 not null default 1,
  add constraint oidc_identity unique (oidc_issuer, oidc_subject);

create table platform.api_token (
  id int4 generated always as identity primary key,
  user_id int4 not null references platform.app_user on delete cascade,
  name text not null,
  token_sha256 bytea not null unique check (length(token_sha256) = 32),
  -- at most what the user may; fewer is safer
  permissions text[] not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  last_used_at timestamptz
);
create index api_token_by_user on platform.api_token (user_id);

alter table platform.session
  add column id int8 generated always as identity,
  add column address text,
  add column agent text;
create unique index session_by_id on platform.session (id);
create index session_by_user on platform.session (user_id);

-- State of a log-in that is away at the organisation's provider; ten minutes.
create table platform.oidc_flow (
  state_sha256 bytea primary key check (length(state_sha256) = 32),
  nonce text not null,
  code_verifier text not null,
  expires_at timestamptz not null
);

grant select on platform.role, platform.role_permission to ganzhi_api, ganzhi_scope;
grant select, insert, update on platform.assignment, platform.api_token to ganzhi_api;
grant select, insert, delete on platform.oidc_flow to ganzhi_api;
