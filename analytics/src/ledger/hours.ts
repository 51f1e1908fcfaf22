import type { Tx } from '@ganzhi/schemas/db';
import type { Changes, HourRow, Stored } from './rows.ts';
import { instant, slices } from './sql.ts';
import type { Window } from './windows.ts';

/** Stored hours inside the windows. (`offset 0`: see context.ts.) */
export async function storedHours(tx: Tx, windows: readonly Window[]): Promise<Stored<HourRow>[]> {
  const { rows } = await tx.query<Stored<HourRow>>(
    `select h.meter_id as "meterId", h.point, (extract(epoch from h.hour) * 1000)::float8 as hour, h.counts, h.ratio,
       h.covered_s as "coveredS", h.source, (extract(epoch from h.known_since) * 1000)::float8 as "knownSince"
     from unnest($1::int4[], $2::int2[], $3::timestamptz[], $4::timestamptz[]) as w(meter_id, point, from_ts, to_ts)
     cross join lateral (select * from ledger.hour h where h.meter_id = w.meter_id and h.point = w.point
       and h.hour >= w.from_ts and h.hour < w.to_ts offset 0) h`,
    [
      windows.map(({ meterId }) => meterId),
      windows.map(({ point }) => point),
      windows.map(({ reach }) => instant(reach.hourFrom)),
      windows.map(({ reach }) => instant(reach.hourTo)),
    ],
  );
  return rows;
}

export async function writeHours(tx: Tx, { write, remove }: Changes<HourRow>, knownSince: number): Promise<void> {
  await ensurePartitions(tx, write);
  for (const rows of slices(remove)) {
    await tx.query(
      `delete from ledger.hour h using unnest($1::int4[], $2::int2[], $3::timestamptz[]) as d(meter_id, point, hour)
       where h.meter_id = d.meter_id and h.point = d.point and h.hour = d.hour`,
      keyColumns(rows),
    );
  }
  for (const rows of slices(write)) {
    await tx.query(
      `insert into ledger.hour (meter_id, point, hour, counts, ratio, covered_s, source, known_since)
       select meter_id, point, hour, counts, ratio, covered_s, source, $8
       from unnest($1::int4[], $2::int2[], $3::timestamptz[], $4::int8[], $5::int8[], $6::int2[], $7::text[])
         as n(meter_id, point, hour, counts, ratio, covered_s, source)
       on conflict (meter_id, point, hour) do update set counts = excluded.counts, ratio = excluded.ratio,
         covered_s = excluded.covered_s, source = excluded.source, known_since = excluded.known_since`,
      [
        ...keyColumns(rows),
        rows.map(({ counts }) => counts),
        rows.map(({ ratio }) => ratio),
        rows.map(({ coveredS }) => coveredS),
        rows.map(({ source }) => source),
        instant(knownSince),
      ],
    );
  }
}

const keyColumns = (rows: readonly HourRow[]) => [
  rows.map(({ meterId }) => meterId),
  rows.map(({ point }) => point),
  rows.map(({ hour }) => instant(hour)),
];

/** One call per month that is written; a call for a month that is there costs a look into the catalogue. */
async function ensurePartitions(tx: Tx, rows: readonly HourRow[]): Promise<void> {
  const months = new Map(rows.map(({ hour }) => [instant(hour).slice(0, 7), hour]));
  for (const hour of months.values()) {
    await tx.query(`select metering.ensure_partition('ledger.hour'::regclass, $1)`, [instant(hour)]);
  }
}
