import { QUANTITIES } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import { MS_AS_TIMESTAMP, numberArray } from './array.ts';

export interface ReadingInput {
  batchId: bigint;
  meterId: number;
  point: number;
  ts: number;
  counts: bigint;
  quality: number;
}

const COUNTERS = numberArray(QUANTITIES.filter((q) => q.kind === 'counter').map((q) => q.id));

const INPUT = `
select batch_id, meter_id, point, ${MS_AS_TIMESTAMP} as ts, value, quality, n
from unnest($1::int8[], $2::int4[], $3::int2[], $4::int8[], $5::int8[], $6::int2[]) with ordinality
  as u(batch_id, meter_id, point, ms, value, quality, n)`;

/** Marks per batch, not per transaction: a live value and a replay of last month must not mark the month between. */
const mark = (source: string): string => `
insert into metering.dirty_span (meter_id, point, from_ts, to_ts)
select meter_id, point, min(ts), max(ts) from ${source} where point = any($7::int2[])
group by batch_id, meter_id, point`;

/**
 * Sorted by key for the index. A key that is there stays as it is (idempotent); what is new in a counter is marked dirty in
 * the same statement. See README for the measured rate.
 */
const INSERT = `
with i as (${INPUT}),
stored as (
  insert into metering.reading (meter_id, point, quality, ts, value, batch_id)
  select meter_id, point, quality, ts, value, batch_id from i order by meter_id, point, ts, n
  on conflict do nothing
  returning meter_id, point, ts, batch_id
),
marked as (${mark('stored')})
select count(*)::int4 as written from stored`;

/**
 * Another value (or quality) for a key that is there is kept beside it. Lateral on purpose: with long arrays the planner
 * would rather hash a whole month than look up the keys.
 */
const REVISE = `
with i as (${INPUT}),
other as (
  select distinct on (i.meter_id, i.point, i.ts, i.value, i.quality) i.*
  from i
  join lateral (
    select r.value, r.quality from metering.reading r
    where r.meter_id = i.meter_id and r.point = i.point and r.ts = i.ts
    limit 1
  ) r on (r.value, r.quality) <> (i.value, i.quality)
  where not exists (
    select from metering.reading_revision v
    where v.meter_id = i.meter_id and v.point = i.point and v.ts = i.ts and v.value = i.value and v.quality = i.quality
  )
  order by i.meter_id, i.point, i.ts, i.value, i.quality, i.n
),
revised as (
  insert into metering.reading_revision (meter_id, point, ts, value, quality, batch_id)
  select meter_id, point, ts, value, quality, batch_id from other order by n
  on conflict do nothing
  returning meter_id, point, ts, batch_id
),
marked as (${mark('revised')})
select count(*)::int4 as written from revised`;

/** Stores what is new and keeps other values as revisions. The rest of the rows were there already, value and all. */
export async function insertReadings(
  tx: Tx,
  rows: readonly ReadingInput[],
): Promise<{ stored: number; revised: number }> {
  if (rows.length === 0) return { stored: 0, revised: 0 };
  const values = [
    numberArray(rows.map((row) => row.batchId)),
    numberArray(rows.map((row) => row.meterId)),
    numberArray(rows.map((row) => row.point)),
    numberArray(rows.map((row) => row.ts)),
    numberArray(rows.map((row) => row.counts)),
    numberArray(rows.map((row) => row.quality)),
    COUNTERS,
  ];
  const run = async (name: string, text: string): Promise<number> => {
    const result = await tx.query<{ written: number }>({ name, text, values });
    return result.rows[0]?.written ?? 0;
  };
  const stored = await run('insert-readings', INSERT);
  // the usual case costs no second look-up: everything was new
  const revised = stored === rows.length ? 0 : await run('revise-readings', REVISE);
  return { stored, revised };
}
