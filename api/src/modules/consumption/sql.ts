import { dateText } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { asKnown, ledgerTable, receivedBy } from '../../energy/known.ts';
import { energyOf } from '../../lib/energy.ts';
import { prepared } from '../../lib/statement.ts';
import type { Interval } from './buckets.ts';
import type { LedgerRow, LedgerSpan, MeterEnds } from './rules.ts';
import type { BookedMedium } from './schema.ts';

/** A meter that is added up, in the part of a span in which it is: whole, unless its role changed. */
export interface CountedMeter {
  id: number;
  code: string;
  intervalS: number;
  from: number;
  to: number;
  /** -1: what it counts flows out and is taken off. */
  sign: 1 | -1;
}

/**
 * The meters that add up to an institution, each in the parts of the span in which it did so: by its roles
 * (`registry.meter_fact`) and by who held it (`registry.held_meters`).
 */
export async function mainMeters(
  db: Db,
  institutionId: number,
  medium: BookedMedium,
  { start, end }: Interval,
  knownOn?: number,
): Promise<CountedMeter[]> {
  const { rows } = await db.query<CountedMeter>(
    prepared(
      `select h.meter_id as id, h.code, h.interval_s as "intervalS", greatest(d.from_ts, $3) as "from", least(d.to_ts, $4) as "to", h.sign
     from registry.held_meters(array[$1::int4], $5, null) h
     cross join lateral (select h.from_day::timestamp at time zone 'Asia/Shanghai' as from_ts,
       h.to_day::timestamp at time zone 'Asia/Shanghai' as to_ts) d
     where h.medium = $2 and h.role = 'main' and d.from_ts < $4 and d.to_ts > $3
     order by h.code, d.from_ts`,
      [institutionId, medium, new Date(start), new Date(end), asKnown(knownOn)],
    ),
  );
  return rows;
}

/**
 * The rows of one table of the ledger for counted meters: `g` is the meter with its part, `p` its counter, `l` the row.
 *
 * @param at placeholder of the instant as of which they were known; undefined: now
 */
const ledgerOf = (table: 'hour' | 'span', at: string | undefined): string => `
  unnest($1::int4[], $2::timestamptz[], $3::timestamptz[], $4::int2[]) as g(meter_id, from_ts, to_ts, sign)
  join registry.booked_counter p on p.meter_id = g.meter_id
  join ${ledgerTable(table, at)} l on l.meter_id = g.meter_id and l.point = p.point`;

const countedAs = (meters: readonly CountedMeter[]) => [
  meters.map(({ id }) => id),
  meters.map(({ from }) => new Date(from)),
  meters.map(({ to }) => new Date(to)),
  meters.map(({ sign }) => sign),
];

/** The instant as a further parameter, and its placeholder. */
function knownOnAs(place: number, knownOn: number | undefined): { at: string | undefined; parameters: Date[] } {
  if (knownOn === undefined) return { at: undefined, parameters: [] };
  return { at: `$${place}::timestamptz`, parameters: [new Date(knownOn)] };
}

/** Booked energy of some meters by hour; hours without a row are absent. */
export async function bookedHours(
  db: Db,
  meters: readonly CountedMeter[],
  span: Interval,
  knownOn?: number,
): Promise<LedgerRow[]> {
  const { at, parameters } = knownOnAs(7, knownOn);
  const { rows } = await db.query<{ hour: number; consumption: string; covered_s: bigint }>(
    prepared(
      `select l.hour, sum(g.sign * l.counts * l.ratio * p.unit_value) as consumption, sum(l.covered_s) as covered_s
     from ${ledgerOf('hour', at)}
     where l.hour >= $5 and l.hour < $6 and l.hour >= g.from_ts and l.hour < g.to_ts group by l.hour`,
      [...countedAs(meters), new Date(span.start), new Date(span.end), ...parameters],
    ),
  );
  return rows.map((row) => ({
    start: row.hour,
    booked: energyOf(row.consumption),
    coveredS: Number(row.covered_s),
  }));
}

/**
 * Booked energy of some meters by Shanghai day or, added up here, by month; what holds spans only is absent, spans are read apart.
 * Integer counts are added first and valued last: the same figure, a fraction of the work.
 */
export async function bookedDays(
  db: Db,
  meters: readonly CountedMeter[],
  grain: 'day' | 'month',
  span: Interval,
  knownOn?: number,
): Promise<LedgerRow[]> {
  const { at, parameters } = knownOnAs(7, knownOn);
  const { rows } = await db.query<{ day: string; booked: string; covered_s: bigint }>(
    prepared(
      `select x.day, sum(x.booked * x.unit_value) as booked, sum(x.covered_s)::int8 as covered_s
     from (
       select ${grain === 'day' ? 'l.day' : "greatest(date_trunc('month', l.day::timestamp)::date, $5)"} as day, p.unit_value,
         sum(g.sign * l.booked) as booked, sum(l.covered_s) as covered_s
       from (select u.meter_id, u.sign, greatest((u.from_ts at time zone 'Asia/Shanghai')::date, $5) as from_day,
           least((u.to_ts at time zone 'Asia/Shanghai')::date, $6) as to_day
         from unnest($1::int4[], $2::timestamptz[], $3::timestamptz[], $4::int2[]) as u(meter_id, from_ts, to_ts, sign) offset 0) g
       join registry.booked_counter p on p.meter_id = g.meter_id
       join ${ledgerTable('day', at)} l on l.meter_id = g.meter_id and l.point = p.point
         and l.day >= g.from_day and l.day < g.to_day
       where l.covered_s > 0 or l.booked <> 0
       group by 1, 2) x
     group by x.day`,
      [...countedAs(meters), dateText(span.start), dateText(span.end), ...parameters],
    ),
  );
  return rows.map((row) => ({
    start: Date.parse(`${row.day}T00:00:00+08:00`),
    booked: energyOf(row.booked),
    coveredS: Number(row.covered_s),
  }));
}

export interface SpanRow extends LedgerSpan {
  evidence: Record<string, unknown>;
}

/** Undistributed and disputed energy that touches the meters' parts of a span. */
export async function ledgerSpans(db: Db, meters: readonly CountedMeter[], knownOn?: number): Promise<SpanRow[]> {
  const { at, parameters } = knownOnAs(5, knownOn);
  const { rows } = await db.query<{
    meter_id: number;
    from_ts: number;
    to_ts: number;
    class: LedgerSpan['class'];
    energy: string;
    evidence: Record<string, unknown>;
  }>(
    prepared(
      `select g.meter_id, l.from_ts, l.to_ts, l.class, g.sign * l.counts * l.ratio * p.unit_value as energy, l.evidence
     from ${ledgerOf('span', at)}
     where l.to_ts > g.from_ts and l.from_ts < g.to_ts order by l.from_ts, g.meter_id, g.from_ts`,
      [...countedAs(meters), ...parameters],
    ),
  );
  return rows.map((row) => ({
    meterId: row.meter_id,
    from: row.from_ts,
    to: row.to_ts,
    class: row.class,
    energy: energyOf(row.energy),
    evidence: row.evidence,
  }));
}

/** Whether each meter's booked register is known at or before the start of its part and at or after its end. */
export async function meterEnds(
  db: Db,
  meters: readonly CountedMeter[],
  due: number,
  knownOn?: number,
): Promise<MeterEnds[]> {
  const { at, parameters } = knownOnAs(5, knownOn);
  const there = (side: string) => `exists (select from metering.reading r where r.meter_id = p.meter_id
    and r.point = p.point and ${side} and r.quality <> 2 and ${receivedBy('r', at)})`;
  const { rows } = await db.query<{ at_start: boolean; at_end: boolean }>(
    prepared(
      `select ${there('r.ts <= g.from_ts')} as at_start, ${there('r.ts >= g.to_ts')} as at_end
     from unnest($1::int4[], $2::timestamptz[], $3::timestamptz[], $4::int2[]) with ordinality as g(meter_id, from_ts, to_ts, sign, i)
     left join registry.booked_counter p on p.meter_id = g.meter_id order by g.i`,
      [
        ...countedAs(meters.map((meter) => ({ ...meter, to: Math.max(meter.from, Math.min(meter.to, due)) }))),
        ...parameters,
      ],
    ),
  );
  return meters.map(({ id, code, from, to }, i) => ({
    id,
    code,
    from,
    to,
    knownAtStart: rows[i]?.at_start ?? false,
    knownAtEnd: rows[i]?.at_end ?? false,
  }));
}

/** A meter that is booked, whatever its role; sensors of the environment are not. */
export async function oneMeter(
  db: Db,
  id: number,
  { start, end }: Interval,
): Promise<(CountedMeter & { medium: BookedMedium }) | undefined> {
  const { rows } = await db.query<{ code: string; interval_s: number; medium: BookedMedium }>(
    "select code, interval_s, medium from registry.meter where id = $1 and medium <> 'environment'",
    [id],
  );
  const [row] = rows;
  return row && { id, code: row.code, intervalS: row.interval_s, medium: row.medium, from: start, to: end, sign: 1 };
}
