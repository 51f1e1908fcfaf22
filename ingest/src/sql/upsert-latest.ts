import type { Db } from '@ganzhi/schemas/db';
import { int2Array, int4Array, int8Array, timestamptzArray } from './binary.ts';
import type { ReadingInput } from './insert-readings.ts';

const UPSERT = `
insert into metering.latest (meter_id, point, ts, value, quality, received_at)
select meter_id, point, ts, value, quality, now()
from unnest($1::int4[], $2::int2[], $3::timestamptz[], $4::int8[], $5::int2[]) as i(meter_id, point, ts, value, quality)
order by meter_id, point
on conflict (meter_id, point) do update
set ts = excluded.ts, value = excluded.value, quality = excluded.quality, received_at = excluded.received_at
where excluded.ts > metering.latest.ts`;

/** Moves `metering.latest` forward, never back; sorted, so that two writers cannot wait for each other in a circle. */
export async function upsertLatest(db: Db, newest: readonly ReadingInput[]): Promise<void> {
  await db.query({
    name: 'upsert-latest',
    text: UPSERT,
    values: [
      int4Array(newest, ({ meterId }) => meterId),
      int2Array(newest, ({ point }) => point),
      timestamptzArray(newest, ({ ts }) => ts),
      int8Array(newest, ({ counts }) => counts),
      int2Array(newest, ({ quality }) => quality),
    ],
  });
}

/**
 * Lateral: one probe of the key per point, and only months from the known value on (188,000 points of a city: 0.5 s
 * when there is nothing to repair, 1.3 s when all is missing).
 */
const REPAIR = `
insert into metering.latest (meter_id, point, ts, value, quality, received_at)
select p.meter_id, p.point, r.ts, r.value, r.quality, now()
from registry.point p
left join metering.latest l on l.meter_id = p.meter_id and l.point = p.point
cross join lateral (
  select r.ts, r.value, r.quality from metering.reading r
  where r.meter_id = p.meter_id and r.point = p.point and r.ts > coalesce(l.ts, '-infinity')
  order by r.ts desc limit 1
) r
order by p.meter_id, p.point
on conflict (meter_id, point) do update
set ts = excluded.ts, value = excluded.value, quality = excluded.quality, received_at = excluded.received_at
where excluded.ts > metering.latest.ts`;

/** Brings `metering.latest` up to the readings: a process that was killed may have stored values it had not shown yet. */
export async function repairLatest(db: Db): Promise<number> {
  return (await db.query(REPAIR)).rowCount ?? 0;
}
