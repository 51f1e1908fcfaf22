import { dateText } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import type { RegisterId } from './marks.ts';
import type { Changes, HourChanges, SpanRow } from './rows.ts';
import { instant, slices } from './sql.ts';
import { SETTLED_AFTER_MS, SHORTEST_LIFE_MS, type Succession } from './superseded.ts';

/** A Shanghai calendar day of a register. */
interface Day extends RegisterId {
  readonly day: string;
}

/** Days that changed hours or spans can influence. A span over midnight counts in no day, but naming one is harmless. */
export function changedDays(hours: HourChanges, spans: Changes<SpanRow>): Day[] {
  const days = new Map<string, Day>();
  const add = ({ meterId, point }: RegisterId, ts: number) => {
    const day = dateText(ts);
    days.set(`${meterId}/${point}/${day}`, { meterId, point, day });
  };
  for (const row of [...hours.write, ...hours.remove]) add(row, row.hour);
  for (const row of [...spans.write, ...spans.remove]) add(row, row.fromTs);
  return [...days.values()];
}

/**
 * Brings ledger.day in line with hours and spans. The sum of numerics is cast once: a day beyond int8 is an error, not a
 * wrong figure. A day of which nothing is known any more has no row. The version before is kept (superseded.ts).
 */
const REFRESH = `
  with day as (
    select *, day::timestamp at time zone 'Asia/Shanghai' as from_ts, (day + 1)::timestamp at time zone 'Asia/Shanghai' as to_ts
    from unnest($1::int4[], $2::int2[], $3::date[], $5::text[]) as d(meter_id, point, day, cause)),
  total as materialized (
    select d.meter_id, d.point, d.day, d.cause, h.n + s.n as n, h.booked, s.undistributed, s.disputed, h.covered_s
    from day d
    cross join lateral (
      select count(*) as n, coalesce(sum(h.counts * h.ratio), 0)::int8 as booked, coalesce(sum(h.covered_s), 0)::int4 as covered_s
      from ledger.hour h
      where h.meter_id = d.meter_id and h.point = d.point and h.hour >= d.from_ts and h.hour < d.to_ts) h
    cross join lateral (
      select count(*) as n,
        coalesce(sum(s.counts * s.ratio) filter (where s.class = 'undistributed'), 0)::int8 as undistributed,
        coalesce(sum(s.counts * s.ratio) filter (where s.class = 'disputed'), 0)::int8 as disputed
      from ledger.span s
      where s.meter_id = d.meter_id and s.point = d.point and s.from_ts >= d.from_ts and s.from_ts < d.to_ts
        and s.to_ts <= d.to_ts) s),
  kept as (
    insert into ledger.superseded_day
      (meter_id, point, day, booked, undistributed, disputed, covered_s, known_since, known_until, cause)
    select x.meter_id, x.point, x.day, x.booked, x.undistributed, x.disputed, x.covered_s, x.known_since, $4::timestamptz, t.cause
    from total t join ledger.day x on x.meter_id = t.meter_id and x.point = t.point and x.day = t.day
    where (t.n = 0 or (x.booked, x.undistributed, x.disputed, x.covered_s)
        is distinct from (t.booked, t.undistributed, t.disputed, t.covered_s))
      and $4::timestamptz >= (x.day + 1)::timestamp at time zone 'Asia/Shanghai' + $6 * interval '1 ms'
      and $4::timestamptz >= x.known_since + $7 * interval '1 ms'
    on conflict do nothing),
  gone as (
    delete from ledger.day x using total t
    where t.n = 0 and x.meter_id = t.meter_id and x.point = t.point and x.day = t.day)
  insert into ledger.day as x (meter_id, point, day, booked, undistributed, disputed, covered_s, known_since)
  select meter_id, point, day, booked, undistributed, disputed, covered_s, $4::timestamptz from total where n > 0
  on conflict (meter_id, point, day) do update set booked = excluded.booked, undistributed = excluded.undistributed,
    disputed = excluded.disputed, covered_s = excluded.covered_s, known_since = excluded.known_since
  where (x.booked, x.undistributed, x.disputed, x.covered_s)
    is distinct from (excluded.booked, excluded.undistributed, excluded.disputed, excluded.covered_s)`;

export async function refreshDays(tx: Tx, days: readonly Day[], { now, causeOf }: Succession): Promise<void> {
  for (const rows of slices(days)) {
    await tx.query(REFRESH, [
      rows.map(({ meterId }) => meterId),
      rows.map(({ point }) => point),
      rows.map(({ day }) => day),
      instant(now),
      rows.map(causeOf),
      SETTLED_AFTER_MS,
      SHORTEST_LIFE_MS,
    ]);
  }
}
