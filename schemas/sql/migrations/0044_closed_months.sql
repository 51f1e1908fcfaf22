-- Up Migration
-- A month that was closed: its figures stand in ledger.entry and are changed by reversal and new entry only (红冲). The hours below
-- go on living; what differs from the entries is told, and comes in when the month is reopened by two persons and closed again.
create table ledger.closing (
  id int4 generated always as identity primary key,
  -- first day of the Shanghai month
  month date not null unique check (extract(day from month) = 1),
  state text not null default 'open' check (state in ('open', 'closed', 'reopened')),
  -- what one person asked for and another has not decided yet
  pending text check (pending in ('close', 'reopen')),
  pending_reason text,
  pending_by int4 references platform.app_user,
  pending_at timestamptz,
  check ((pending is null) = (pending_by is null)),
  check (pending is distinct from 'reopen' or state = 'closed'),
  check (pending is distinct from 'close' or state <> 'closed')
);
comment on table ledger.closing is 'Closed months of the ledger and what is asked for them';

-- Append-only.
create table ledger.closing_event (
  id int4 generated always as identity primary key,
  closing_id int4 not null references ledger.closing,
  event text not null check (event in ('close', 'reopen', 'refuse')),
  reason text not null,
  asked_by int4 not null references platform.app_user,
  decided_by int4 not null references platform.app_user,
  at timestamptz not null,
  -- the two-person rule, kept by the database too
  check (asked_by <> decided_by)
);
comment on table ledger.closing_event is 'Who closed and reopened a month, who approved it, and why';

create table ledger.entry (
  id int8 generated always as identity primary key,
  closing_id int4 not null references ledger.closing,
  event_id int4 not null references ledger.closing_event,
  meter_id int4 not null,
  point int2 not null,
  kind text not null check (kind in ('closing', 'reversal', 'correction')),
  -- energy counts (counts x ratio): booked and undistributed; and what waited for a decision
  energy int8 not null,
  disputed int8 not null
);
create index entry_by_closing on ledger.entry (closing_id, meter_id);
comment on table ledger.entry is 'Figures of closed months, append-only: what counts is their sum';

grant select on ledger.closing, ledger.closing_event, ledger.entry to ganzhi_analytics, ganzhi_dash;
grant select, insert, update on ledger.closing to ganzhi_api;
grant select, insert on ledger.closing_event, ledger.entry to ganzhi_api;

-- What the ledger says of a month now, meter by meter: its days, and the spans over midnight that lie whole in it.
create function ledger.month_figure(month date)
returns table (meter_id int4, point int2, energy int8, disputed int8)
language sql stable as $$
  select e.meter_id, e.point, sum(e.energy)::int8, sum(e.disputed)::int8
  from (
    select d.meter_id, d.point, d.booked + d.undistributed as energy, d.disputed
    from ledger.day d where d.day >= month and d.day < (month + interval '1 month')::date
    union all
    select s.meter_id, s.point, case when s.class = 'undistributed' then s.energy_counts else 0 end,
      case when s.class = 'disputed' then s.energy_counts else 0 end
    from ledger.span_over_midnight s
    where s.from_ts >= month::timestamp at time zone 'Asia/Shanghai'
      and s.to_ts <= (month + interval '1 month')::timestamp at time zone 'Asia/Shanghai') e
  group by e.meter_id, e.point
$$;
