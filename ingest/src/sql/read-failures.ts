import type { Tx } from '@ganzhi/schemas/db';
import { MS_AS_TIMESTAMP, numberArray } from './array.ts';

/** Failures of one meter in one transaction. */
export interface FailureInput {
  meterId: number;
  code: string;
  firstTs: number;
  lastTs: number;
  failures: number;
}

const UPSERT = `
insert into metering.read_failure as f (meter_id, code, since, last_at, failures)
select meter_id, code, 'epoch'::timestamptz + first_ms * interval '1 millisecond', ${MS_AS_TIMESTAMP}, failures
from unnest($1::int4[], $2::text[], $3::int8[], $4::int8[], $5::int8[]) as i(meter_id, code, first_ms, ms, failures)
where not exists (
  select from metering.latest l where l.meter_id = i.meter_id and l.ts > ${MS_AS_TIMESTAMP}
)
order by meter_id
on conflict (meter_id) do update
set code = case when excluded.last_at >= f.last_at then excluded.code else f.code end,
  since = least(f.since, excluded.since),
  last_at = greatest(f.last_at, excluded.last_at),
  failures = f.failures + excluded.failures`;

const CLEAR = `
delete from metering.read_failure f
using unnest($1::int4[], $2::int8[]) as i(meter_id, ms)
where f.meter_id = i.meter_id and f.last_at < ${MS_AS_TIMESTAMP}`;

/** Records failures, except those older than a value that arrived since (backlog arrives out of order). */
export async function upsertFailures(tx: Tx, failures: readonly FailureInput[]): Promise<void> {
  if (failures.length === 0) return;
  await tx.query({
    name: 'upsert-failures',
    text: UPSERT,
    values: [
      numberArray(failures.map((f) => f.meterId)),
      failures.map((f) => f.code.replaceAll('\0', '\uFFFD')),
      numberArray(failures.map((f) => f.firstTs)),
      numberArray(failures.map((f) => f.lastTs)),
      numberArray(failures.map((f) => f.failures)),
    ],
  });
}

/** A value later than the last failure ends it. @param newest last value per meter, epoch ms */
export async function clearFailures(tx: Tx, newest: ReadonlyMap<number, number>): Promise<void> {
  if (newest.size === 0) return;
  await tx.query({
    name: 'clear-failures',
    text: CLEAR,
    values: [numberArray([...newest.keys()]), numberArray([...newest.values()])],
  });
}
