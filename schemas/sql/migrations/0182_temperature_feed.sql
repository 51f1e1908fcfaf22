-- Up Migration
-- Outdoor temperature pulled from a weather service. What it calls provisional, or is too young to be final, is replaced by what
-- comes later; a final hour is never replaced by a provisional one.
alter table energy.temperature_hour add column provisional boolean not null default false;
grant update (provisional) on energy.temperature_hour to ganzhi_api, ganzhi_analytics;

create table energy.temperature_feed (
  station text primary key references energy.weather_station,
  source text not null,
  last_ok_at timestamptz,
  last_failed_at timestamptz,
  -- since the last success
  failures int4 not null default 0,
  reason text
);
comment on table energy.temperature_feed is 'How pulling the temperature of a station fares';
grant select, insert, update on energy.temperature_feed to ganzhi_api;
grant select on energy.temperature_feed to ganzhi_analytics, ganzhi_dash;
