-- Up Migration
-- Where a person is told, beside the page: an address per channel, with hours of rest.
create table platform.notification_channel (
  id int4 generated always as identity primary key,
  user_id int4 not null references platform.app_user on delete cascade,
  channel text not null check (channel in ('email', 'webhook')),
  address text not null check (length(address) between 3 and 400),
  language text not null default 'zh' check (language in ('zh', 'en')),
  -- webhooks are signed with it; shown once, when it is made
  secret text not null default '',
  -- minutes of the Shanghai day; equal: no rest
  quiet_from int4 not null default 0 check (quiet_from between 0 and 1439),
  quiet_to int4 not null default 0 check (quiet_to between 0 and 1439),
  enabled boolean not null default true,
  unique (user_id, channel, address)
);

-- Who was told what, and what he did: never deleted.
create table platform.notification (
  id int8 generated always as identity primary key,
  user_id int4 not null references platform.app_user on delete cascade,
  -- 'approval.waiting', 'alarm.opened'
  kind text not null,
  -- module and id, 'approval/17'
  subject text not null,
  urgent boolean not null,
  title_zh text not null,
  title_en text not null,
  text_zh text not null,
  text_en text not null,
  created_at timestamptz not null,
  seen_at timestamptz,
  acted_at timestamptz
);
create index notification_of_user on platform.notification (user_id, id desc);
create index notification_of_subject on platform.notification (subject);

create table platform.delivery (
  notification_id int8 not null references platform.notification on delete cascade,
  channel_id int4 not null references platform.notification_channel on delete cascade,
  state text not null default 'waiting' check (state in ('waiting', 'sent', 'given-up')),
  attempts int4 not null default 0,
  next_at timestamptz not null,
  sent_at timestamptz,
  last_error text,
  primary key (notification_id, channel_id)
);
create index delivery_due on platform.delivery (next_at) where state = 'waiting';

grant select, insert, update, delete on platform.notification_channel to ganzhi_api;
grant select, insert on platform.notification, platform.delivery to ganzhi_api;
grant update (seen_at, acted_at) on platform.notification to ganzhi_api;
grant update (state, attempts, next_at, sent_at, last_error) on platform.delivery to ganzhi_api;
