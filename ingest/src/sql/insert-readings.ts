import type { Tx } from '@ganzhi/schemas/db';
import { int2Array, int4Array, int8Array, timestamptzArray } from './binary.ts';
import { BOOKED_POINTS } from './insert-marks.ts';

export interface ReadingInput {
  meterId: number;
  point: number;
  /** Epoch milliseconds. */
  ts: number;
  counts: bigint;
  quality: number;
}

const INPUT = `
unnest($1::int8[], $2::int4[], $3::int2[], $4::timestamptz[], $5::int8[], $6::int2[]) with ordinality
  as i(batch_id, meter_id, point, ts, value, quality, n)`;

/**
 * Sorted by key, so that two writers cannot wait for each other in a circle. A key that is there stays as it is. Nothing
 * is returned but the count: a `returning` costs a seventh of the whole statement (figures: bench/insert.ts).
 */
const INSERT = `
insert into metering.reading (meter_id, point, quality, ts, value, batch_id)
select meter_id, point, quality, ts, value, batch_id from ${INPUT}
order by meter_id, point, ts, n
on conflict do nothing`;

/**
 * Lateral on purpose: with long arrays the planner would rather hash a whole month than look up the keys.
 */
const THERE = `
${INPUT}
join lateral (
  select r.value, r.quality, r.batch_id from metering.reading r
  where r.meter_id = i.meter_id and r.point = i.point and r.ts = i.ts
  limit 1
)`;

/** Marks per batch, not per transaction: a live value and a replay of last month must not mark the month between. */
const mark = (source: string): string => `
insert into metering.dirty_span (meter_id, point, from_ts, to_ts)
select meter_id, point, min(ts), max(ts) from ${source} where point = any($7::int2[])
group by batch_id, meter_id, point`;

/** Of rows that were partly there already, the new ones are those that carry their own batch. */
const MARK_STORED = mark(`(
  select i.meter_id, i.point, i.ts, i.batch_id from ${THERE} r on r.batch_id = i.batch_id
) as stored`);

/** Another value (or quality) for a key that is there is kept beside it. */
const REVISE = `
with other as (
  select distinct on (i.meter_id, i.point, i.ts, i.value, i.quality) i.*
  from ${THERE} r on (r.value, r.quality) <> (i.value, i.quality)
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

/**
 * Stores what is new and keeps other values as revisions. The rest of the rows were there already, value and all.
 *
 * @param batchIds batch of each row
 * @returns counts; `marked` says whether the counters' hours were marked dirty here: when every row was new, the caller
 *   knows the marks without asking the database
 */
export async function insertReadings(
  tx: Tx,
  rows: readonly ReadingInput[],
  batchIds: readonly bigint[],
): Promise<{ stored: number; revised: number; marked: boolean }> {
  if (rows.length === 0) return { stored: 0, revised: 0, marked: true };
  const values = [
    int8Array(batchIds, (id) => id),
    int4Array(rows, ({ meterId }) => meterId),
    int2Array(rows, ({ point }) => point),
    timestamptzArray(rows, ({ ts }) => ts),
    int8Array(rows, ({ counts }) => counts),
    int2Array(rows, ({ quality }) => quality),
  ];
  const inserted = await tx.query({ name: 'insert-readings', text: INSERT, values });
  const stored = inserted.rowCount ?? 0;
  // the usual case costs no second look-up: everything was new
  if (stored === rows.length) return { stored, revised: 0, marked: false };
  const withPoints = [...values, BOOKED_POINTS];
  if (stored > 0) await tx.query({ name: 'mark-stored', text: MARK_STORED, values: withPoints });
  const { rows: counted } = await tx.query<{ written: number }>({ name: 'revise', text: REVISE, values: withPoints });
  return { stored, revised: counted[0]?.written ?? 0, marked: true };
}
