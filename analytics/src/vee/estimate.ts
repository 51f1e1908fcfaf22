import { DAY, HOUR } from '@ganzhi/schemas';
import { type Db, type Tx, withTx } from '@ganzhi/schemas/db';
import chineseDays from 'chinese-days';
import { lockLanes, type RegisterId } from '../ledger/marks.ts';
import { instant, slices } from '../ledger/sql.ts';
import { type EstimateMethod, estimateSpan } from '../rules/estimate.ts';

interface WaitingSpan extends RegisterId {
  readonly fromTs: number;
  readonly toTs: number;
  readonly counts: bigint;
  readonly ratio: bigint;
}

interface EstimateRow extends RegisterId {
  readonly hour: number;
  readonly fromTs: number;
  readonly counts: bigint;
  readonly ratio: bigint;
  readonly method: EstimateMethod;
}

/** Spans of one round; each reads some weeks of hours of its meter. */
const SPANS_PER_ROUND = 200;
/** Hours around a span that like days are looked for in. */
const AROUND_MS = 28 * DAY;

/**
 * Gives waiting undistributed spans a shape, those of recent time first. Waits while marks do: hours that will be recomputed
 * anyway are no like days.
 *
 * @returns spans looked at; 0 when none waits
 */
export async function estimateSpans(db: Db, { now }: { readonly now: number }): Promise<number> {
  return withTx(db, async (tx) => {
    await lockLanes(tx);
    const spans = await waitingSpans(tx);
    if (spans.length === 0) return 0;
    const known = await hoursAround(tx, spans);
    const rows = spans.flatMap((span, i): EstimateRow[] => {
      const { meterId, point, fromTs, ratio } = span;
      const estimate = estimateSpan(span, known[i] ?? new Map(), isWorkday);
      return (estimate?.hours ?? []).map(({ hour, counts }) => ({
        meterId,
        point,
        hour,
        fromTs,
        counts,
        ratio,
        method: estimate?.method ?? 'flat',
      }));
    });
    await writeEstimates(tx, rows, now);
    await markEstimated(tx, spans, now);
    return spans.length;
  });
}

const isWorkday = (ts: number): boolean => chineseDays.isWorkday(new Date(ts + 8 * HOUR).toISOString().slice(0, 10));

async function waitingSpans(tx: Tx): Promise<WaitingSpan[]> {
  const { rows } = await tx.query<WaitingSpan>(
    `select meter_id as "meterId", point, from_ts as "fromTs", to_ts as "toTs", counts, ratio from ledger.span
     where estimated_at is null and class = 'undistributed' order by to_ts desc limit $1`,
    [SPANS_PER_ROUND],
  );
  return rows;
}

/** Whole measured hours of each span's meter, four weeks before it and one after. */
async function hoursAround(tx: Tx, spans: readonly WaitingSpan[]): Promise<Map<number, bigint>[]> {
  const { rows } = await tx.query<{ i: number; hour: number; counts: bigint }>(
    `select w.i::int4 as i, (extract(epoch from h.hour) * 1000)::float8 as hour, h.counts
     from unnest($1::int4[], $2::int2[], $3::timestamptz[], $4::timestamptz[]) with ordinality as w(meter_id, point, from_ts, to_ts, i)
     cross join lateral (select hour, counts from ledger.hour h where h.meter_id = w.meter_id and h.point = w.point
       and h.hour >= w.from_ts and h.hour < w.to_ts and h.covered_s = 3600 offset 0) h`,
    [
      spans.map(({ meterId }) => meterId),
      spans.map(({ point }) => point),
      spans.map(({ fromTs }) => instant(fromTs - AROUND_MS)),
      spans.map(({ toTs }) => instant(toTs + AROUND_MS / 4)),
    ],
  );
  const known = spans.map(() => new Map<number, bigint>());
  for (const { i, hour, counts } of rows) known[i - 1]?.set(hour, counts);
  return known;
}

async function writeEstimates(tx: Tx, estimates: readonly EstimateRow[], now: number): Promise<void> {
  for (const rows of slices(estimates)) {
    await tx.query(
      `insert into ledger.estimate (meter_id, point, hour, from_ts, counts, ratio, method, known_since)
       select meter_id, point, hour, from_ts, counts, ratio, method, $8
       from unnest($1::int4[], $2::int2[], $3::timestamptz[], $4::timestamptz[], $5::int8[], $6::int8[], $7::text[])
         as n(meter_id, point, hour, from_ts, counts, ratio, method)
       on conflict (meter_id, point, hour, from_ts) do update set counts = excluded.counts, ratio = excluded.ratio,
         method = excluded.method, known_since = excluded.known_since`,
      [
        rows.map(({ meterId }) => meterId),
        rows.map(({ point }) => point),
        rows.map(({ hour }) => instant(hour)),
        rows.map(({ fromTs }) => instant(fromTs)),
        rows.map(({ counts }) => counts),
        rows.map(({ ratio }) => ratio),
        rows.map(({ method }) => method),
        instant(now),
      ],
    );
  }
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
