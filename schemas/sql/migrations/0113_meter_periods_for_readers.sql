-- Up Migration
-- A function inside a view runs as whoever asks, and readers of dash have no right on the registry: this one runs as its owner.
-- The views that call it join what the asker may see; readers cannot call it themselves.
alter function registry.meter_periods(timestamptz) security definer set search_path = pg_catalog;
