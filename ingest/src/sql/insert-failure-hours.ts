import { HOUR, hourStart } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import type { FailureRow } from '../pipeline/message.ts';
import { MS_AS_TIMESTAMP, numberArray } from './array.ts';

const UPSERT = `
insert into metering.failure_hour as f (meter_id, hour, first_ts, last_ts, code, failures)
select meter_id, 'epoch'::timestamptz + hour_n * interval '1 hour', 'epoch'::timestamptz + first_ms * interval '1 millisecond',
  ${MS_AS_TIMESTAMP}, code, failures
from unnest($1::int4[], $2::int8[], $3::int8[], $4::int8[], $5::text[], $6::int8[])
  as i(meter_id, hour_n, first_ms, ms, code, failures)
order by meter_id, hour_n
on conflict (meter_id, hour) do update
set code = case when excluded.last_ts >= f.last_ts then excluded.code else f.code end,
  first_ts = least(f.first_ts, excluded.first_ts),
  last_ts = greatest(f.last_ts, excluded.last_ts),
  failures = f.failures + excluded.failures`;

interface FailureHour {
  meterId: number;
  hour: number;
  firstTs: number;
  lastTs: number;
  code: string;
  failures: number;
}

/** Keeps every failed read by its hour, also what a value of the same message has ended: gaps are explained by it later. */
export async function insertFailureHours(tx: Tx, failures: readonly FailureRow[]): Promise<void> {
  if (failures.length === 0) return;
  const hours = new Map<string, FailureHour>();
  for (const { meterId, ts, code } of failures) {
    const key = `${meterId}/${hourStart(ts)}`;
    const known = hours.get(key) ?? { meterId, hour: hourStart(ts), firstTs: ts, lastTs: ts, code, failures: 0 };
    hours.set(key, known);
    if (ts >= known.lastTs) known.code = code;
    known.firstTs = Math.min(known.firstTs, ts);
    known.lastTs = Math.max(known.lastTs, ts);
    known.failures += 1;
  }
  const rows = [...hours.values()];
  await tx.query({
    name: 'insert-failure-hours',
    text: UPSERT,
    values: [
      numberArray(rows.map((row) => row.meterId)),
      numberArray(rows.map((row) => row.hour / HOUR)),
      numberArray(rows.map((row) => row.firstTs)),
      numberArray(rows.map((row) => row.lastTs)),
      rows.map((row) => row.code.replaceAll('\0', '\uFFFD')),
      numberArray(rows.map((row) => row.failures)),
    ],
  });
}
