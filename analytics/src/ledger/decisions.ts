import type { Tx } from '@ganzhi/schemas/db';
import { LEDGER_RULE } from '../rules/decision.ts';
import type { Changes, DecisionRow, Stored } from './rows.ts';
import { instant, slices } from './sql.ts';
import type { Window } from './windows.ts';

/** Stored decisions that start among the steps of a window. (`offset 0`: see context.ts.) */
export async function storedDecisions(tx: Tx, windows: readonly Window[]): Promise<Stored<DecisionRow>[]> {
  const { rows } = await tx.query<Stored<DecisionRow>>(
    `select d.meter_id as "meterId", d.point, d.from_ts as "fromTs", d.to_ts as "toTs", d.kind, d.effect, d.evidence,
       d.known_since as "knownSince"
     from unnest($1::int4[], $2::int2[], $3::timestamptz[], $4::timestamptz[]) as w(meter_id, point, from_ts, to_ts)
     cross join lateral (select * from ledger.decision d where d.meter_id = w.meter_id and d.point = w.point
       and d.from_ts >= w.from_ts and d.from_ts < w.to_ts offset 0) d`,
    [
      windows.map(({ meterId }) => meterId),
      windows.map(({ point }) => point),
      windows.map(({ reach }) => instant(reach.stepFrom)),
      windows.map(({ reach }) => instant(reach.stepTo)),
    ],
  );
  return rows;
}

export async function writeDecisions(
  tx: Tx,
  { write, remove }: Changes<DecisionRow>,
  knownSince: number,
): Promise<void> {
  for (const rows of slices(remove)) {
    await tx.query(
      `delete from ledger.decision x
       using unnest($1::int4[], $2::int2[], $3::timestamptz[], $4::text[], $5::text[]) as d(meter_id, point, from_ts, kind, effect)
       where x.meter_id = d.meter_id and x.point = d.point and x.from_ts = d.from_ts and x.kind = d.kind and x.effect = d.effect`,
      keyColumns(rows),
    );
  }
  for (const rows of slices(write)) {
    await tx.query(
      `insert into ledger.decision (meter_id, point, from_ts, kind, effect, to_ts, evidence, rule, known_since)
       select meter_id, point, from_ts, kind, effect, to_ts, evidence, $8, $9
       from unnest($1::int4[], $2::int2[], $3::timestamptz[], $4::text[], $5::text[], $6::timestamptz[], $7::jsonb[])
         as n(meter_id, point, from_ts, kind, effect, to_ts, evidence)
       on conflict (meter_id, point, from_ts, kind, effect) do update set to_ts = excluded.to_ts,
         evidence = excluded.evidence, rule = excluded.rule, known_since = excluded.known_since`,
      [
        ...keyColumns(rows),
        rows.map(({ toTs }) => instant(toTs)),
        rows.map(({ evidence }) => JSON.stringify(evidence)),
        LEDGER_RULE,
        instant(knownSince),
      ],
    );
  }
}

const keyColumns = (rows: readonly DecisionRow[]) => [
  rows.map(({ meterId }) => meterId),
  rows.map(({ point }) => point),
  rows.map(({ fromTs }) => instant(fromTs)),
  rows.map(({ kind }) => kind),
  rows.map(({ effect }) => effect),
];
