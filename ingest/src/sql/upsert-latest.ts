import type { Tx } from '@ganzhi/schemas/db';
import { MS_AS_TIMESTAMP, numberArray } from './array.ts';
import type { ReadingInput } from './insert-readings.ts';

const UPSERT = `
insert into metering.latest (meter_id, point, ts, value, quality, received_at)
select meter_id, point, ${MS_AS_TIMESTAMP}, value, quality, now()
from unnest($1::int4[], $2::int2[], $3::int8[], $4::int8[], $5::int2[]) as i(meter_id, point, ms, value, quality)
order by meter_id, point
on conflict (meter_id, point) do update
set ts = excluded.ts, value = excluded.value, quality = excluded.quality, received_at = excluded.received_at
where excluded.ts > metering.latest.ts`;

/** Moves `metering.latest` forward, never back; sorted, so that two writers cannot wait for each other in a circle. */
export async function upsertLatest(tx: Tx, newest: readonly Omit<ReadingInput, 'batchId'>[]): Promise<void> {
  if (newest.length === 0) return;
  await tx.query({
    name: 'upsert-latest',
    text: UPSERT,
    values: [
      numberArray(newest.map((row) => row.meterId)),
      numberArray(newest.map((row) => row.point)),
      numberArray(newest.map((row) => row.ts)),
      numberArray(newest.map((row) => row.counts)),
      numberArray(newest.map((row) => row.quality)),
    ],
  });
}
