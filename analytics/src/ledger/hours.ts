import { HOUR, SECOND } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import type { HourEntry } from '../rules/ledger.ts';
import type { HourChanges, HourRow } from './rows.ts';
import { instant, slices, textArray } from './sql.ts';
import { SETTLED_AFTER_MS, SHORTEST_LIFE_MS, type Succession } from './superseded.ts';
import type { Window } from './windows.ts';

/** Stored hours of one window, by start of the hour in seconds; what is in a row as one text, to be compared. */
export type StoredHours = ReadonlyMap<number, string>;

const contentOf = ({ counts, ratio, coveredS, source }: HourEntry): string =>
  `${counts} ${ratio} ${coveredS} ${source}`;

/** Stored hours inside the windows, in their order. Lists in one row per window and `offset 0`: see context.ts. */
export async function storedHours(tx: Tx, windows: readonly Window[]): Promise<StoredHours[]> {
  const { rows } = await tx.query<{ hours: string | null; contents: string | null }>(
    `select l.hours, l.contents
     from unnest($1::int4[], $2::int2[], $3::timestamptz[], $4::timestamptz[])
       with ordinality as w(meter_id, point, from_ts, to_ts, i)
     cross join lateral (
       select string_agg(date_part('epoch', h.hour)::int8::text, ',') as hours,
         string_agg(h.counts || ' ' || h.ratio || ' ' || h.covered_s || ' ' || h.source, ',') as contents
       from (select * from ledger.hour h where h.meter_id = w.meter_id and h.point = w.point
         and h.hour >= w.from_ts and h.hour < w.to_ts offset 0) h) l
     order by w.i`,
    [
      textArray(windows.map(({ meterId }) => meterId)),
      textArray(windows.map(({ point }) => point)),
      textArray(windows.map(({ reach }) => instant(reach.hourFrom))),
      textArray(windows.map(({ reach }) => instant(reach.hourTo))),
    ],
  );
  return rows.map(({ hours, contents }) => {
    const texts = contents?.split(',') ?? [];
    return new Map(hours?.split(',').map((hour, i) => [Number(hour), texts[i] ?? '']));
  });
}

/** Rows that are equal stay untouched: known_since tells since when a figure is known, not when it was looked at. */
export function compareHours(windows: readonly Window[], stored: readonly StoredHours[]): HourChanges {
  const write: HourRow[] = [];
  const remove: HourChanges['remove'][number][] = [];
  for (const [i, { meterId, point, ledger, reach }] of windows.entries()) {
    const before = new Map(stored[i]);
    for (const entry of ledger.hours) {
      if (entry.hour < reach.hourFrom || entry.hour >= reach.hourTo) continue;
      const key = entry.hour / SECOND;
      if (before.get(key) !== contentOf(entry)) write.push({ meterId, point, ...entry });
      before.delete(key);
    }
    for (const second of before.keys()) remove.push({ meterId, point, hour: second * SECOND });
  }
  return { write, remove };
}

/** Parameters $1 to $3 and $4 (now), $5 (cause), $6, $7 (milliseconds of superseded.ts): keeps what stands there now. */
const KEPT = `
  kept as (
    insert into ledger.superseded_hour (meter_id, point, hour, counts, ratio, covered_s, source, known_since, known_until, cause)
    select h.meter_id, h.point, h.hour, h.counts, h.ratio, h.covered_s, h.source, h.known_since, $4::timestamptz, $5::text
    from n cross join lateral (select * from ledger.hour h
      where h.meter_id = n.meter_id and h.point = n.point and h.hour = n.hour offset 0) h
    where h.hour <= $4::timestamptz - $6 * interval '1 ms' and h.known_since <= $4::timestamptz - $7 * interval '1 ms'
    on conflict do nothing)`;

const REMOVE = `
  with n as materialized (
    select meter_id, point, to_timestamp(hour) as hour from unnest($1::int4[], $2::int2[], $3::int8[]) as n(meter_id, point, hour)),
  ${KEPT}
  delete from ledger.hour h using n where h.meter_id = n.meter_id and h.point = n.point and h.hour = n.hour`;

const WRITE = `
  with n as materialized (
    select meter_id, point, to_timestamp(hour) as hour, counts, ratio, covered_s, source
    from unnest($1::int4[], $2::int2[], $3::int8[], $8::int8[], $9::int8[], $10::int2[], $11::text[])
      as n(meter_id, point, hour, counts, ratio, covered_s, source)),
  ${KEPT}
  insert into ledger.hour (meter_id, point, hour, counts, ratio, covered_s, source, known_since)
  select meter_id, point, hour, counts, ratio, covered_s, source, $4::timestamptz from n
  on conflict (meter_id, point, hour) do update set counts = excluded.counts, ratio = excluded.ratio,
    covered_s = excluded.covered_s, source = excluded.source, known_since = excluded.known_since`;

/** Writes what differs; the version before is kept where it was known long enough (superseded.ts). */
export async function writeHours(tx: Tx, { write, remove }: HourChanges, { now, causeOf }: Succession): Promise<void> {
  await ensurePartitions(tx, write);
  const parameters = (rows: HourChanges['remove'], cause: string) => [
    textArray(rows.map(({ meterId }) => meterId)),
    textArray(rows.map(({ point }) => point)),
    textArray(rows.map(({ hour }) => hour / SECOND)),
    ...[instant(now), cause, HOUR + SETTLED_AFTER_MS, SHORTEST_LIFE_MS],
  ];
  for (const [cause, list] of Map.groupBy(remove, causeOf)) {
    for (const rows of slices(list)) await tx.query(REMOVE, parameters(rows, cause));
  }
  for (const [cause, list] of Map.groupBy(write, causeOf)) {
    for (const rows of slices(list)) {
      await tx.query(WRITE, [
        ...parameters(rows, cause),
        textArray(rows.map(({ counts }) => counts)),
        textArray(rows.map(({ ratio }) => ratio)),
        textArray(rows.map(({ coveredS }) => coveredS)),
        textArray(rows.map(({ source }) => source)),
      ]);
    }
  }
}

/** One call per month that is written; a call for a month that is there costs a look into the catalogue. */
async function ensurePartitions(tx: Tx, rows: readonly HourRow[]): Promise<void> {
  const months = new Map<number, number>();
  for (const { hour } of rows) {
    const at = new Date(hour);
    months.set(12 * at.getUTCFullYear() + at.getUTCMonth(), hour);
  }
  for (const hour of months.values()) {
    await tx.query(`select metering.ensure_partition('ledger.hour'::regclass, $1)`, [instant(hour)]);
  }
}
