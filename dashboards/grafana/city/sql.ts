import { type Locale, named } from '../text.ts';

/** Panel queries of the city. Views of `dash` only; each filters by the chosen districts. */
const IN_DIVISION = `division_code = any(array[\${division:sqlstring}]::text[])`;
const TODAY = `date_trunc('day', now(), 'Asia/Shanghai')`;
const THIS_HOUR = `date_trunc('hour', now())`;
const RANGE_DAYS = `between ($__timeFrom()::timestamptz at time zone 'Asia/Shanghai')::date
    and ($__timeTo()::timestamptz at time zone 'Asia/Shanghai')::date`;

export const powerNow = `
select sum(power_kw) as power_kw, count(*) as reporting, min(coverage) as coverage
from dash.institution_power
where ${IN_DIVISION}`;

export const todayAgainstYesterday = `
select today, yesterday, today / nullif(yesterday, 0) - 1 as change
from (
  select sum(consumption) filter (where hour >= ${TODAY}) as today,
    sum(consumption) filter (where hour < ${THIS_HOUR} - interval '1 day') as yesterday
  from dash.institution_hour
  where medium = 'electricity' and ${IN_DIVISION}
    and hour >= ${TODAY} - interval '1 day' and hour < ${THIS_HOUR}
) sums`;

/** Institutions without a row in an hour count as uncovered: the divisor is all that are metered. */
export const coverageOfDay = `
select sum(h.coverage) / (24 * nullif(n.metered, 0)) as coverage, n.metered, n.institutions
from (
  select count(*) filter (where metered) as metered, count(*) as institutions
  from dash.institution where ${IN_DIVISION}
) n
left join dash.institution_hour h on h.medium = 'electricity' and ${IN_DIVISION}
  and h.hour >= ${THIS_HOUR} - interval '1 day' and h.hour < ${THIS_HOUR}
group by n.metered, n.institutions`;

export const gatewaysOnline = `
select count(*) filter (where online) as online, count(*) filter (where not online) as offline,
  sum(outbox_readings) as outbox_readings
from dash.gateway
where ${IN_DIVISION}`;

export const hourlyByDivision = (locale: Locale): string => `
select h.hour as "time", d.${named('division', locale)} as metric, sum(h.consumption) as consumption
from dash.institution_hour h
join (select distinct division_code, ${named('division', locale)} from dash.institution) d using (division_code)
where h.medium = 'electricity' and ${IN_DIVISION} and $__timeFilter(h.hour)
group by 1, 2
order by 1, 2`;

export const dailyConsumption = `
select day::timestamp at time zone 'Asia/Shanghai' as "time",
  sum(consumption - undistributed) as booked, sum(undistributed) as undistributed, sum(disputed) as disputed
from dash.institution_day
where medium = 'electricity' and ${IN_DIVISION} and day ${RANGE_DAYS}
group by day
order by day`;

export const institutions = (locale: Locale): string => `
select i.code, i.${named('name', locale)} as name, i.${named('type', locale)} as type,
  i.${named('division', locale)} as division, i.division_code, d.consumption, d.consumption / i.area_m2 as intensity,
  d.coverage, q.share_used
from dash.institution i
left join (
  select institution_id, sum(consumption) as consumption, avg(coverage) as coverage
  from dash.institution_day
  where medium = 'electricity' and day ${RANGE_DAYS}
  group by institution_id
) d using (institution_id)
left join dash.quota_use q on q.institution_id = i.institution_id and q.medium = 'electricity'
  and q.year = extract(year from now() at time zone 'Asia/Shanghai')
where i.metered and ${IN_DIVISION.replace('division_code', 'i.division_code')}
order by d.consumption desc nulls last
limit 500`;

export const gatewayTrouble = (locale: Locale): string => `
select gateway_code as gateway, ${named('name', locale)} as name, online, last_seen_at, outbox_readings, clock_offset_s
from dash.gateway
where ${IN_DIVISION} and (not online or outbox_readings > 1000 or abs(clock_offset_s) > 60)
order by online, last_seen_at nulls first
limit 200`;

export const failingMeters = (locale: Locale): string => `
select m.code as meter, i.${named('name', locale)} as name, m.failure_code, m.failing_since, m.last_reading_at
from dash.meter m
join dash.institution i using (institution_id)
where i.${IN_DIVISION} and m.failure_code is not null
order by m.failing_since
limit 200`;
