import { dateText } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import type { RegisterId } from './marks.ts';
import type { Changes, HourRow, SpanRow } from './rows.ts';
import { instant, slices } from './sql.ts';

/** A Shanghai calendar day of a register. */
interface Day extends RegisterId {
  readonly day: string;
}

/** Days that changed hours or spans can influence. A span over midnight counts in no day, but naming one is harmless. */
export function changedDays(hours: Changes<HourRow>, spans: Changes<SpanRow>): Day[] {
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
 * wrong figure. A day of which nothing is known any more has no row.
 */
const REFRESH = `
  with day as (
    select *, day::timestamp at time zone 'Asia/Shanghai' as from_ts, (day + 1)::timestamp at time zone 'Asia/Shanghai' as to_ts
    from unnest($1::int4[], $2::int2[], $3::date[]) as d(meter_id, point, day)),
  total as materialized (
    select d.meter_id, d.point, d.day, h.n + s.n as n, h.booked, s.undistributed, s.disputed, h.covered_s
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
  gone as (
    delete from ledger.day x using total t
    where t.n = 0 and x.meter_id = t.meter_id and x.point = t.point and x.day = t.day)
  insert into ledger.day as x (meter_id, point, day, booked, undistributed, disputed, covered_s, known_since)
  select meter_id, point, day, booked, undistributed, disputed, covered_s, $4 from total where n > 0
  on conflict (meter_id, point, day) do update set booked = excluded.booked, undistributed = excluded.undistributed,
    disputed = excluded.disputed, covered_s = excluded.covered_s, known_since = excluded.known_since
  where (x.booked, x.undistributed, x.disputed, x.covered_s)
    is distinct from (excluded.booked, excluded.undistributed, excluded.disputed, excluded.covered_s)`;

export async function refreshDays(tx: Tx, days: readonly Day[], knownSince: number): Promise<void> {
  for (const rows of slices(days)) {
    await tx.query(REFRESH, [
      rows.map(({ meterId }) => meterId),
      rows.map(({ point }) => point),
      rows.map(({ day }) => day),
      instant(knownSince),
    ]);
  }
}
