-- Up Migration
-- Log-in at the organisation's own provider (OpenID Connect).
alter table platform.session
  add column via text not null default 'password' check (via in ('password', 'oidc')),
  -- the provider says that it asked for more than one factor (RFC 8176: amr "mfa")
  add column factor_by_provider boolean not null default false;

-- Whom the provider has vouched for and who has a second factor here: waits for its code, five minutes.
create table platform.pending_login (
  token_sha256 bytea primary key check (length(token_sha256) = 32),
  user_id int4 not null references platform.app_user on delete cascade,
  factor_by_provider boolean not null,
  expires_at timestamptz not null
);
comment on table platform.pending_login is 'Log-ins by OpenID Connect that wait for the code of the second factor';
grant select, insert, delete on platform.pending_login to ganzhi_api;
