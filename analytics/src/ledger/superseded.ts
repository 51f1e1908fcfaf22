import { HOUR, MINUTE } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import type { SpanRow, Stored } from './rows.ts';
import { instant, slices } from './sql.ts';

/** A figure of a period that ended less than this ago is still being made. */
export const SETTLED_AFTER_MS = 2 * HOUR;
/** A version that stood for less was seen by nobody: the second time axis is true to the minute. */
export const SHORTEST_LIFE_MS = MINUTE;

/** Why a row is superseded, by `registerKey`; when. */
export interface Succession {
  readonly now: number;
  readonly causeOf: (row: { meterId: number; point: number }) => string;
}

const isKept = (knownSince: number, endTs: number, now: number): boolean =>
  now >= endTs + SETTLED_AFTER_MS && now - knownSince >= SHORTEST_LIFE_MS;

/** Keeps the earlier versions of spans that were known, before they are overwritten. Hours: see hours.ts. */
export async function keepSpans(tx: Tx, rows: readonly Stored<SpanRow>[], { now, causeOf }: Succession): Promise<void> {
  const kept = rows.filter(({ knownSince, toTs }) => isKept(knownSince, toTs, now));
  for (const some of slices(kept)) {
    await tx.query(
      `insert into ledger.superseded_span (meter_id, point, from_ts, to_ts, class, counts, ratio, evidence, known_since, known_until, cause)
       select meter_id, point, from_ts, to_ts, class, counts, ratio, evidence, known_since, $10, cause
       from unnest($1::int4[], $2::int2[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::int8[], $7::int8[],
         $8::jsonb[], $9::timestamptz[], $11::text[])
         as n(meter_id, point, from_ts, to_ts, class, counts, ratio, evidence, known_since, cause)
       on conflict do nothing`,
      [
        some.map(({ meterId }) => meterId),
        some.map(({ point }) => point),
        some.map(({ fromTs }) => instant(fromTs)),
        some.map(({ toTs }) => instant(toTs)),
        some.map((row) => row.class),
        some.map(({ counts }) => counts),
        some.map(({ ratio }) => ratio),
        some.map(({ evidence }) => JSON.stringify(evidence)),
        some.map(({ knownSince }) => instant(knownSince)),
        instant(now),
        some.map(causeOf),
      ],
    );
  }
}
