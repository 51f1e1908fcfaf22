-- Up Migration
-- Who may take an alarm on: those who look after a house, and those who look after its meters.
insert into platform.role_permission (role_code, permission)
select r, 'alarms.handle' from unnest(array['installer', 'city-administrator', 'division-administrator', 'street-liaison',
  'institution-administrator', 'energy-manager', 'filler', 'compound-manager', 'fleet-operator', 'energy-service-company']) r;

-- Who was told of an alarm: never deleted.
create table alarm.told (
  alarm_id int8 not null references alarm.alarm on delete cascade,
  user_id int4 not null references platform.app_user on delete cascade,
  at timestamptz not null,
  primary key (alarm_id, user_id, at)
);
comment on table alarm.told is 'Who was told of an alarm, and when; told again when it was reopened after somebody said that it was done';
grant select, insert on alarm.told to ganzhi_api;
grant select on alarm.told to ganzhi_dash;
alter table alarm.told enable row level security, force row level security;
create policy people on alarm.told to ganzhi_api using (alarm_id in (select a.id from alarm.alarm a));
create policy owner on alarm.told to ganzhi_owner using (alarm_id in (select a.id from alarm.alarm a));
create policy readers on alarm.told for select to ganzhi_dash using (alarm_id in (select a.id from alarm.alarm a));
