-- Up Migration
-- An alarm for which nobody is there waits without holding up the others: asked again from this moment on.
alter table alarm.alarm add column tell_after timestamptz;
comment on column alarm.alarm.tell_after is 'Nobody was there to be told; looked for again from here on';
grant update (tell_after) on alarm.alarm to ganzhi_api;
