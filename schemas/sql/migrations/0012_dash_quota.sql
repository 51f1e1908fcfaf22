-- Up Migration
-- Months and the use of the annual quota, for readers. A span over midnight belongs to no day, but to the month (or year)
-- that contains it: its energy is certain even where its days are not.

create view ledger.certain_part as
select d.institution_id, d.medium, d.day as from_day, d.day as to_day,
  d.booked + d.undistributed as certain, d.disputed, d.covered_s
from ledger.meter_day d
where d.role = 'main'
union all
select s.institution_id, s.medium, p.from_day, p.to_day,
  case s.class when 'undistributed' then s.energy else 0 end,
  case s.class when 'disputed' then s.energy else 0 end, 0
from ledger.meter_span s
cross join lateral (
  select (s.from_ts at time zone 'Asia/Shanghai')::date as from_day,
    ((s.to_ts - interval '1 microsecond') at time zone 'Asia/Shanghai')::date as to_day
) p
where s.role = 'main' and p.from_day <> p.to_day;
comment on view ledger.certain_part is
  'What adds up to an institution: main meters by day, and spans over midnight with their first and last day';

create view dash.institution_month with (security_barrier) as
select i.id as institution_id, i.code as institution_code, i.division_code, p.medium,
  date_trunc('month', p.from_day)::date as month,
  sum(p.certain)::float8 as consumption, sum(p.disputed)::float8 as disputed
from ledger.certain_part p
join registry.institution i on i.id = p.institution_id
where date_trunc('month', p.from_day) = date_trunc('month', p.to_day)
group by i.id, i.code, i.division_code, p.medium, date_trunc('month', p.from_day);

create view dash.quota_use with (security_barrier) as
select i.id as institution_id, i.code as institution_code, i.division_code, q.year, q.medium, q.unit,
  q.constraint_value::float8 as constraint_value, q.sample,
  u.consumption::float8 as consumption,
  (u.consumption / q.constraint_value)::float8 as share_used,
  -- of the year's seconds so far that meters' values bear out
  case when y.seconds > 0 and n.meters > 0 then u.covered_s / (y.seconds * n.meters) end as coverage
from energy.quota q
join registry.institution i on i.id = q.institution_id
cross join lateral (
  -- nothing known is null, never zero
  select sum(p.certain) as consumption, coalesce(sum(p.covered_s), 0)::float8 as covered_s
  from ledger.certain_part p
  where p.institution_id = q.institution_id and p.medium = q.medium
    and p.from_day >= make_date(q.year, 1, 1) and p.to_day <= make_date(q.year, 12, 31)
) u
cross join lateral (
  select extract(epoch from least(now(), make_timestamptz(q.year + 1, 1, 1, 0, 0, 0, 'Asia/Shanghai'))
    - make_timestamptz(q.year, 1, 1, 0, 0, 0, 'Asia/Shanghai'))::float8 as seconds
) y
cross join lateral (
  select count(*) as meters from registry.meter m
  where m.institution_id = q.institution_id and m.medium = q.medium and m.role = 'main'
) n;

grant select on ledger.certain_part to ganzhi_api, ganzhi_dash;
grant select on dash.institution_month, dash.quota_use to ganzhi_reader;
alter view dash.institution_month owner to ganzhi_dash;
alter view dash.quota_use owner to ganzhi_dash;
