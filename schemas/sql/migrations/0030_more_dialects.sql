-- Up Migration
alter table registry.gateway drop constraint gateway_dialect_check;
alter table registry.gateway add constraint gateway_dialect_check
  check (dialect in ('native', 'neuron', 'thingsboard', 'sparkplug', 'ministry'));
comment on column registry.gateway.dialect is
  'native: our own protocol. neuron, thingsboard, sparkplug: on the topics of their dialect, acknowledged by PUBACK. ministry: a collector on the TCP door of the ministry''s XML, whose code is "building-collector" unless the door''s profile says otherwise';
