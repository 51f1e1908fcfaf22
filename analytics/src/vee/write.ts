import type { Tx } from '@ganzhi/schemas/db';
import type { RegisterId } from '../ledger/marks.ts';
import { instant, slices, textArray } from '../ledger/sql.ts';
import type { EstimateMethod } from '../rules/estimate.ts';

/** A row of ledger.estimate. */
export interface EstimateRow extends RegisterId {
  readonly hour: number;
  /** The span, or the last register, it belongs to. */
  readonly fromTs: number;
  readonly counts: bigint;
  readonly ratio: bigint;
  readonly method: EstimateMethod;
}

export async function writeEstimates(
  tx: Tx,
  estimates: readonly EstimateRow[],
  { now, unsettled }: { now: number; unsettled: boolean },
): Promise<void> {
  for (const rows of slices(estimates)) {
    await tx.query(
      `insert into ledger.estimate (meter_id, point, hour, from_ts, counts, ratio, method, unsettled, known_since)
       select meter_id, point, hour, from_ts, counts, ratio, method, $8::boolean, $9::timestamptz
       from unnest($1::int4[], $2::int2[], $3::timestamptz[], $4::timestamptz[], $5::int8[], $6::int8[], $7::text[])
         as n(meter_id, point, hour, from_ts, counts, ratio, method)
       on conflict (meter_id, point, hour, from_ts) do update set counts = excluded.counts, ratio = excluded.ratio,
         method = excluded.method, unsettled = excluded.unsettled, known_since = excluded.known_since
       where (estimate.counts, estimate.ratio, estimate.method) is distinct from (excluded.counts, excluded.ratio, excluded.method)`,
      [
        textArray(rows.map(({ meterId }) => meterId)),
        textArray(rows.map(({ point }) => point)),
        textArray(rows.map(({ hour }) => instant(hour))),
        textArray(rows.map(({ fromTs }) => instant(fromTs))),
        textArray(rows.map(({ counts }) => counts)),
        textArray(rows.map(({ ratio }) => ratio)),
        textArray(rows.map(({ method }) => method)),
        unsettled,
        instant(now),
      ],
    );
  }
}
