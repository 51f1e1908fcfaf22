import { type Db, type Tx, withTx } from '@ganzhi/schemas/db';
import { lockLanes } from '../ledger/marks.ts';
import { instant } from '../ledger/sql.ts';
import { estimateSpan } from '../rules/estimate.ts';
import { basesOf, type Stretch } from './basis.ts';
import { type EstimateRow, writeEstimates } from './write.ts';

interface WaitingSpan extends Stretch {
  readonly counts: bigint;
  readonly ratio: bigint;
}

/** Spans of one round; each reads some weeks of hours of its meter and a week of those around it. */
const SPANS_PER_ROUND = 200;

/**
 * Gives waiting undistributed spans a shape, those of recent time first. Waits while marks do: hours that will be recomputed
 * anyway are no like days, and other meters may still be about to tell.
 *
 * @returns spans looked at; 0 when none waits
 */
export async function estimateSpans(db: Db, { now }: { readonly now: number }): Promise<number> {
  return withTx(db, async (tx) => {
    await lockLanes(tx);
    const spans = await waitingSpans(tx);
    if (spans.length === 0) return 0;
    const bases = await basesOf(tx, spans);
    const rows = spans.flatMap((span, i): EstimateRow[] => {
      const basis = bases[i];
      const estimate = basis && estimateSpan(span, basis);
      if (!estimate) return [];
      const { meterId, point, fromTs, ratio } = span;
      return estimate.hours.map((hour) => ({ meterId, point, fromTs, ratio, method: estimate.method, ...hour }));
    });
    await writeEstimates(tx, rows, { now, unsettled: false });
    await markEstimated(tx, spans, now);
    return spans.length;
  });
}

async function waitingSpans(tx: Tx): Promise<WaitingSpan[]> {
  const { rows } = await tx.query<WaitingSpan>(
    `select meter_id as "meterId", point, from_ts as "fromTs", to_ts as "toTs", counts, ratio from ledger.span
     where estimated_at is null and class = 'undistributed' order by to_ts desc limit $1`,
    [SPANS_PER_ROUND],
  );
  return rows;
}

async function markEstimated(tx: Tx, spans: readonly WaitingSpan[], now: number): Promise<void> {
  await tx.query(
    `update ledger.span s set estimated_at = $4
     from unnest($1::int4[], $2::int2[], $3::timestamptz[]) as d(meter_id, point, from_ts)
     where s.meter_id = d.meter_id and s.point = d.point and s.from_ts = d.from_ts`,
    [
      spans.map(({ meterId }) => meterId),
      spans.map(({ point }) => point),
      spans.map(({ fromTs }) => instant(fromTs)),
      instant(now),
    ],
  );
}
