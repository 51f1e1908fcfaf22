-- Up Migration
-- What the live look at silent meters reads: the newest value of each, and what fails at present.
grant select on metering.latest, metering.read_failure, metering.gateway_state to ganzhi_analytics;
