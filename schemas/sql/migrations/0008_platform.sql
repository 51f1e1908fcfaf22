-- Up Migration
create table platform.app_user (
  id int4 generated always as identity primary key,
  login text not null unique,
  display_name text not null,
  -- scrypt, PHC string
  password_hash text not null,
  role text not null check (role in ('admin', 'manager', 'auditor')),
  failed_logins int4 not null default 0,
  locked_until timestamptz,
  created_at timestamptz not null default now()
);

create table platform.session (
  token_sha256 bytea primary key check (length(token_sha256) = 32),
  user_id int4 not null references platform.app_user on delete cascade,
  csrf_token text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index session_by_expiry on platform.session (expires_at);

-- Append-only: nobody is granted update or delete.
create table platform.audit (
  id int8 generated always as identity primary key,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  target text not null,
  before jsonb,
  after jsonb,
  address text
);
create index audit_by_time on platform.audit (at desc);

create table platform.setting (
  key text primary key,
  value jsonb not null
);

grant select, insert, update on platform.app_user, platform.setting to ganzhi_api;
grant select, insert, update, delete on platform.session to ganzhi_api;
grant select, insert on platform.audit to ganzhi_api;

-- Which part of the registry a database log-in may see through the dash views. No row: nothing.
create table platform.reader_scope (
  login name primary key,
  -- null: the whole city
  division_code text references registry.division
);
grant select on platform.reader_scope to ganzhi_dash;
