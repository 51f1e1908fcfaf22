-- Up Migration
-- What the classifier decided about a register, so that a person sees why a figure is what it is. Rewritten by every
-- recomputation; a person's own decisions stand in ledger.edit and are applied by it.
create table ledger.decision (
  meter_id int4 not null,
  point int2 not null,
  -- set-aside: readings strictly between the two; disputed, moved: the step from one to the other
  from_ts timestamptz not null,
  to_ts timestamptz not null,
  kind text not null,
  effect text not null check (effect in ('set-aside', 'disputed', 'moved')),
  -- registers as counts in text, times in Shanghai
  evidence jsonb not null,
  -- number of the rules, LEDGER_RULE
  rule int2 not null,
  known_since timestamptz not null default now(),
  primary key (meter_id, point, from_ts, kind, effect),
  check (from_ts <= to_ts)
);
comment on table ledger.decision is 'Every step or reading of a booked register that is not normal, with its evidence';
create index decision_by_time on ledger.decision (known_since desc);

grant select, insert, update, delete on ledger.decision to ganzhi_analytics;
grant select on ledger.decision to ganzhi_api, ganzhi_dash;

-- Facts and decisions of persons. One proposes, another approves; only approved ones hold. Never deleted: what was withdrawn
-- stays visible.
create table ledger.edit (
  id int4 generated always as identity primary key,
  meter_id int4 not null references registry.meter,
  point int2 not null references registry.quantity,
  kind text not null check (kind in ('accept', 'set-aside', 'book', 'dispute', 'replacement', 'ratio')),
  -- readings or steps inside, both included; for a replacement and a ratio when it begins
  from_ts timestamptz not null,
  to_ts timestamptz not null,
  -- replacement: closing, opening (counts as text), ct, pt; ratio: ct, pt
  content jsonb not null default '{}',
  reason_code text not null,
  note text not null,
  -- reference of a photo or document in the evidence store
  attachment text,
  status text not null default 'proposed' check (status in ('proposed', 'approved', 'rejected', 'withdrawn')),
  proposed_by int4 not null references platform.app_user,
  proposed_at timestamptz not null,
  decided_by int4 references platform.app_user,
  decided_at timestamptz,
  withdrawn_by int4 references platform.app_user,
  withdrawn_at timestamptz,
  version int4 not null default 1,
  check (from_ts <= to_ts),
  check (status = 'proposed' or decided_by is not null or status = 'withdrawn'),
  -- the two-person rule, kept by the database too
  check (decided_by is distinct from proposed_by)
);
comment on table ledger.edit is 'Edits of the ledger by two persons, with reason code and attachment; applied by every recomputation';
create index edit_by_meter on ledger.edit (meter_id, point, from_ts) where status = 'approved';
create index edit_by_status on ledger.edit (status, id);

grant select on ledger.edit to ganzhi_analytics, ganzhi_dash;
grant select, insert, update on ledger.edit to ganzhi_api;

-- A replaced meter: its register ended here, the next one's began there (domain handbook §3.1, TV-11).
create table registry.meter_replacement (
  meter_id int4 not null references registry.meter,
  point int2 not null references registry.quantity,
  at timestamptz not null,
  closing int8 not null,
  opening int8 not null,
  -- reference of the photo of both registers
  photo text,
  -- who stood by it, and the edit that brought it; empty when it came with the registry
  approved_by text,
  edit_id int4 references ledger.edit,
  primary key (meter_id, point, at)
);
comment on table registry.meter_replacement is 'Meter replacements: closing register of the old and opening register of the new meter, counts';
grant select on registry.meter_replacement to ganzhi_ingest, ganzhi_analytics, ganzhi_api, ganzhi_dash;
grant insert, update, delete on registry.meter_replacement to ganzhi_api;

-- Largest movement of an hour that the installation allows, counts of the point; unknown where null.
alter table registry.point add column max_per_hour int8 check (max_per_hour > 0);

-- Why hours are computed anew; it is written beside what it changed. Readings, unless said.
alter table metering.dirty_span add column cause text not null default 'readings';
grant insert on metering.dirty_span to ganzhi_api;
grant delete on registry.meter_ratio to ganzhi_api;
