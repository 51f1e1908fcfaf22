import { BOOKED_COUNTER } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import { int2Array, int4Array, timestamptzArray } from './binary.ts';

/** Only these counters are booked in the ledger; a mark of another one would be taken off the queue and thrown away. */
const BOOKED = Object.values(BOOKED_COUNTER).map(({ id }) => id);
export const BOOKED_POINTS = int2Array(BOOKED, (id) => id);
const isBooked: ReadonlySet<number> = new Set(BOOKED);

/** First and last time of a counter in one batch. */
export interface MarkInput {
  meterId: number;
  point: number;
  fromTs: number;
  toTs: number;
}

const POINTS_PER_METER = 65_536;

/** What the rows of ONE batch make dirty: a live value and a replay of last month must not mark the month between. */
export function marksOf(rows: readonly { meterId: number; point: number; ts: number }[]): Iterable<MarkInput> {
  const marks = new Map<number, MarkInput>();
  for (const { meterId, point, ts } of rows) {
    if (!isBooked.has(point)) continue;
    const key = meterId * POINTS_PER_METER + point;
    const known = marks.get(key);
    if (!known) marks.set(key, { meterId, point, fromTs: ts, toTs: ts });
    else if (ts < known.fromTs) known.fromTs = ts;
    else if (ts > known.toTs) known.toTs = ts;
  }
  return marks.values();
}

const INSERT = `
insert into metering.dirty_span (meter_id, point, from_ts, to_ts)
select * from unnest($1::int4[], $2::int2[], $3::timestamptz[], $4::timestamptz[])`;

export async function insertMarks(tx: Tx, marks: readonly MarkInput[]): Promise<void> {
  if (marks.length === 0) return;
  await tx.query({
    name: 'insert-marks',
    text: INSERT,
    values: [
      int4Array(marks, ({ meterId }) => meterId),
      int2Array(marks, ({ point }) => point),
      timestamptzArray(marks, ({ fromTs }) => fromTs),
      timestamptzArray(marks, ({ toTs }) => toTs),
    ],
  });
}
