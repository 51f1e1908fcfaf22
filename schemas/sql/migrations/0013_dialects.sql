-- Up Migration
-- Gateways of other makers: what they speak, and which of their names means which point.
alter table registry.gateway
  add column dialect text not null default 'native' check (dialect in ('native', 'neuron', 'thingsboard'));
comment on column registry.gateway.dialect is
  'native: our own protocol. Others speak on the topics of their dialect and know no acknowledgement but PUBACK';

create table registry.dialect_tag (
  gateway_id int4 not null references registry.gateway,
  -- how the sender names the device: Neuron "node/group", ThingsBoard gateway the device, ThingsBoard device ''
  device text not null check (length(device) <= 256),
  tag text not null check (length(tag) between 1 and 256),
  -- both null: known, and knowingly left aside
  meter_id int4,
  point int2,
  -- the sender's value times ten to this power is in the unit of the quantity: Wh to kWh is -3
  power_of_ten int2 not null default 0 check (power_of_ten between -9 and 9),
  primary key (gateway_id, device, tag),
  foreign key (meter_id, point) references registry.point (meter_id, point),
  check ((meter_id is null) = (point is null))
);
comment on table registry.dialect_tag is
  'Tag of another maker''s gateway to meter and point. A tag without a row is taken as it is: device = meter code, tag = quantity code';

grant select on registry.dialect_tag to ganzhi_ingest, ganzhi_analytics, ganzhi_api, ganzhi_dash;
grant insert, update, delete on registry.dialect_tag to ganzhi_api;
