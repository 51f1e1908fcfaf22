import type { Db } from '@ganzhi/schemas/db';
import { z } from 'zod';
import { energyOf } from '../../lib/energy.ts';
import { prepared } from '../../lib/statement.ts';
import type { Interval } from '../consumption/buckets.ts';
import type { LedgerRow, LedgerSpan } from '../consumption/rules.ts';

export interface CityCounts {
  newestReadingAt: number | null;
  powerKw: string | null;
  powerReporting: number;
  mainMeters: number;
  longestIntervalS: number;
  registered: number;
  metered: number;
  gatewaysOnline: number;
  gateways: number;
  outboxReadings: bigint;
  history: unknown;
}

/** Everything that is one number, in one statement. */
export async function cityCounts(db: Db, now: number): Promise<CityCounts> {
  const { rows } = await db.query<CityCounts>({
    name: 'city-counts',
    text: `select
      (select max(l.ts) from registry.meter m join metering.latest l on l.meter_id = m.id where l.ts <= $1) as "newestReadingAt",
      w.kw as "powerKw", w.reporting as "powerReporting",
      m.mains as "mainMeters", m.interval_s as "longestIntervalS", m.institutions as "metered",
      (select count(*)::int from registry.institution) as "registered",
      g.online as "gatewaysOnline", g.total as "gateways", g.outbox as "outboxReadings",
      (select value from platform.setting where key = 'history') as "history"
    from (select sum(power_kw) as kw, coalesce(sum(meters_reporting), 0)::int as reporting
        from metering.institution_power) w,
      (select count(*) filter (where role = 'main' and medium = 'electricity')::int as mains,
          coalesce(max(interval_s) filter (where role = 'main' and medium = 'electricity'), 0) as interval_s,
          count(distinct institution_id)::int as institutions
        from registry.meter) m,
      (select count(*)::int as total, count(*) filter (where s.online)::int as online,
          coalesce(sum(s.outbox_readings), 0)::int8 as outbox
        from registry.gateway g left join metering.gateway_state s on s.gateway_id = g.id where g.enabled) g`,
    values: [new Date(now)],
  });
  const [row] = rows;
  if (!row) throw new Error('a select without "from" table gave no row');
  return row;
}

/**
 * Electricity of all main meters by hour: the figures of ledger.meter_hour (a test compares). The meters are found once, each one's
 * hours by key, and integer counts are added before they are valued; the view looked up a point for every hour.
 */
export async function cityHours(db: Db, span: Interval): Promise<LedgerRow[]> {
  const { rows } = await db.query<{ hour: number; consumption: string; covered_s: bigint }>(
    prepared(
      `with part as materialized (
         select h.meter_id, h.sign, p.point, p.unit_value,
           greatest(h.from_day::timestamp at time zone 'Asia/Shanghai', $1) as from_ts,
           least(h.to_day::timestamp at time zone 'Asia/Shanghai', $2) as to_ts
         from registry.held_meters(array(select id from registry.institution), 'infinity', null) h
         join registry.booked_counter p on p.meter_id = h.meter_id
         where h.medium = 'electricity' and h.role = 'main'
       )
       select x.hour, sum(x.booked * x.unit_value) as consumption, sum(x.covered_s)::int8 as covered_s
       from (
         select l.hour, g.unit_value, sum(g.sign * l.counts * l.ratio) as booked, sum(l.covered_s) as covered_s
         from part g
         cross join lateral (select l.hour, l.counts, l.ratio, l.covered_s from ledger.hour l
           where l.meter_id = g.meter_id and l.point = g.point and l.hour >= $1 and l.hour < $2
             and l.hour >= g.from_ts and l.hour < g.to_ts offset 0) l
         group by 1, 2) x
       group by x.hour`,
      [new Date(span.start), new Date(span.end)],
    ),
  );
  return rows.map((row) => ({
    start: row.hour,
    booked: energyOf(row.consumption),
    coveredS: Number(row.covered_s),
  }));
}

/** Spans that lie wholly inside, of all main electricity meters. */
export async function citySpans(db: Db, span: Interval): Promise<LedgerSpan[]> {
  const { rows } = await db.query<{
    meter_id: number;
    from_ts: number;
    to_ts: number;
    class: LedgerSpan['class'];
    energy: string;
  }>(
    `select meter_id, from_ts, to_ts, class, energy from ledger.meter_span
     where medium = 'electricity' and role = 'main' and from_ts >= $1 and to_ts <= $2`,
    [new Date(span.start), new Date(span.end)],
  );
  return rows.map((row) => ({
    meterId: row.meter_id,
    from: row.from_ts,
    to: row.to_ts,
    class: row.class,
    energy: energyOf(row.energy),
  }));
}

/** Written by the supervisor while it follows the back-fill. */
export const HistorySetting = z.object({ done: z.number(), total: z.number(), running: z.boolean() });
