import type { Tx } from '@ganzhi/schemas/db';
import type { Changes, SpanRow, Stored } from './rows.ts';
import { instant, slices } from './sql.ts';
import type { Window } from './windows.ts';

/** Stored spans that start among the steps of a window. (`offset 0`: see context.ts.) */
export async function storedSpans(tx: Tx, windows: readonly Window[]): Promise<Stored<SpanRow>[]> {
  const { rows } = await tx.query<Stored<SpanRow>>(
    `select s.meter_id as "meterId", s.point, s.from_ts as "fromTs", s.to_ts as "toTs", s.class, s.counts, s.ratio, s.evidence,
       s.known_since as "knownSince"
     from unnest($1::int4[], $2::int2[], $3::timestamptz[], $4::timestamptz[]) as w(meter_id, point, from_ts, to_ts)
     cross join lateral (select * from ledger.span s where s.meter_id = w.meter_id and s.point = w.point
       and s.from_ts >= w.from_ts and s.from_ts < w.to_ts offset 0) s`,
    [
      windows.map(({ meterId }) => meterId),
      windows.map(({ point }) => point),
      windows.map(({ reach }) => instant(reach.stepFrom)),
      windows.map(({ reach }) => instant(reach.stepTo)),
    ],
  );
  return rows;
}

export async function writeSpans(tx: Tx, { write, remove }: Changes<SpanRow>, knownSince: number): Promise<void> {
  // an estimate belongs to the span it was made of
  for (const rows of slices([...remove, ...write])) {
    await tx.query(
      `delete from ledger.estimate e using unnest($1::int4[], $2::int2[], $3::timestamptz[]) as d(meter_id, point, from_ts)
       where e.meter_id = d.meter_id and e.point = d.point and e.from_ts = d.from_ts`,
      keyColumns(rows),
    );
  }
  for (const rows of slices(remove)) {
    await tx.query(
      `delete from ledger.span s using unnest($1::int4[], $2::int2[], $3::timestamptz[]) as d(meter_id, point, from_ts)
       where s.meter_id = d.meter_id and s.point = d.point and s.from_ts = d.from_ts`,
      keyColumns(rows),
    );
  }
  for (const rows of slices(write)) {
    await tx.query(
      `insert into ledger.span (meter_id, point, from_ts, to_ts, class, counts, ratio, evidence, known_since)
       select meter_id, point, from_ts, to_ts, class, counts, ratio, evidence, $9
       from unnest($1::int4[], $2::int2[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::int8[], $7::int8[],
         $8::jsonb[]) as n(meter_id, point, from_ts, to_ts, class, counts, ratio, evidence)
       on conflict (meter_id, point, from_ts) do update set to_ts = excluded.to_ts, class = excluded.class,
         counts = excluded.counts, ratio = excluded.ratio, evidence = excluded.evidence,
         known_since = excluded.known_since, estimated_at = null`,
      [
        ...keyColumns(rows),
        rows.map(({ toTs }) => instant(toTs)),
        rows.map((row) => row.class),
        rows.map(({ counts }) => counts),
        rows.map(({ ratio }) => ratio),
        rows.map(({ evidence }) => JSON.stringify(evidence)),
        instant(knownSince),
      ],
    );
  }
}

const keyColumns = (rows: readonly SpanRow[]) => [
  rows.map(({ meterId }) => meterId),
  rows.map(({ point }) => point),
  rows.map(({ fromTs }) => instant(fromTs)),
];
