import { type Locale, named } from '../text.ts';

/**
 * Panel queries of one institution. The code is looked up once, so that the planner knows one id and reads that
 * institution's rows only.
 */
const THIS_ONE = `institution_id = (select institution_id from dash.institution where code = \${institution:sqlstring})`;
const TODAY = `date_trunc('day', now(), 'Asia/Shanghai')`;
const THIS_HOUR = `date_trunc('hour', now())`;
const THIS_YEAR = `extract(year from now() at time zone 'Asia/Shanghai')`;

export const powerNow = `
select power_kw, coverage from dash.institution_power where ${THIS_ONE}`;

export const todayAgainstYesterday = `
select today, yesterday, today / nullif(yesterday, 0) - 1 as change
from (
  select sum(consumption) filter (where hour >= ${TODAY}) as today,
    sum(consumption) filter (where hour < ${THIS_HOUR} - interval '1 day') as yesterday
  from dash.institution_hour
  where medium = 'electricity' and ${THIS_ONE}
    and hour >= ${TODAY} - interval '1 day' and hour < ${THIS_HOUR}
) sums`;

export const quota = `
select consumption, constraint_value, share_used, coverage
from dash.quota_use
where ${THIS_ONE} and medium = 'electricity' and year = ${THIS_YEAR}`;

export const hourly = `
select hour as "time", consumption
from dash.institution_hour
where medium = 'electricity' and ${THIS_ONE} and $__timeFilter(hour)
order by hour`;

export const hourlyCoverage = `
select hour as "time", coverage
from dash.institution_hour
where medium = 'electricity' and ${THIS_ONE} and $__timeFilter(hour)
order by hour`;

export const hourlyByMeter = (locale: Locale): string => `
select hour as "time", meter_code || ' ' || ${named('meter', locale)} as metric, consumption
from dash.meter_hour
where medium = 'electricity' and ${THIS_ONE} and $__timeFilter(hour)
order by hour, metric`;

export const daily = `
select day::timestamp at time zone 'Asia/Shanghai' as "time",
  consumption - undistributed as booked, undistributed, disputed
from dash.institution_day
where medium = 'electricity' and ${THIS_ONE}
  and day between ($__timeFrom()::timestamptz at time zone 'Asia/Shanghai')::date
    and ($__timeTo()::timestamptz at time zone 'Asia/Shanghai')::date
order by day`;

/** Thirteen months whatever the chosen time: the same month of last year is part of the picture. */
export const monthly = `
select to_char(month, 'YYYY-MM') as month, consumption, disputed
from dash.institution_month
where medium = 'electricity' and ${THIS_ONE}
  and month >= date_trunc('month', now() at time zone 'Asia/Shanghai') - interval '12 months'
order by 1 desc`;

export const meters = (locale: Locale): string => `
select m.code as meter, m.${named('name', locale)} as name, m.role, m.template, h.consumption, h.coverage,
  m.last_reading_at, m.failure_code
from dash.meter m
left join (
  select meter_id, sum(consumption) as consumption,
    sum(coverage) / greatest(1, extract(epoch from least(now(), $__timeTo()::timestamptz) - $__timeFrom()::timestamptz) / 3600) as coverage
  from dash.meter_hour
  where ${THIS_ONE} and $__timeFilter(hour)
  group by meter_id
) h using (meter_id)
where m.${THIS_ONE}
order by m.role, m.code`;

export const gateways = (locale: Locale): string => `
select gateway_code as gateway, ${named('name', locale)} as name, online, last_seen_at, outbox_readings, clock_offset_s
from dash.gateway
where ${THIS_ONE}
order by gateway_code`;
