import { dateText } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { energyOf } from '../../lib/energy.ts';
import type { Interval } from './buckets.ts';
import type { LedgerRow, LedgerSpan, MeterEnds } from './rules.ts';
import type { BookedMedium } from './schema.ts';

export interface CountedMeter {
  id: number;
  code: string;
  intervalS: number;
}

/** The meters that add up to an institution. */
export async function mainMeters(db: Db, institutionId: number, medium: BookedMedium): Promise<CountedMeter[]> {
  const { rows } = await db.query<{ id: number; code: string; interval_s: number }>(
    `select id, code, interval_s from registry.meter
     where institution_id = $1 and medium = $2 and role = 'main' order by code`,
    [institutionId, medium],
  );
  return rows.map((row) => ({ id: row.id, code: row.code, intervalS: row.interval_s }));
}

/**
 * The rows of one table of the ledger for `m` and `p`, now or as known on an instant (`ledger.*_as_known`).
 *
 * @param at placeholder of the instant; undefined: now
 */
const ledgerOf = (table: 'hour' | 'day' | 'span', at: string | undefined): string => `
  registry.meter m
  join registry.point p on p.meter_id = m.id and p.point = registry.booked_point(m.medium)
  join ${at === undefined ? `ledger.${table}` : `ledger.${table}_as_known(${at})`} l on l.meter_id = m.id and l.point = p.point`;

/** The instant as a further parameter, and its placeholder. */
function knownOnAs(place: number, knownOn: number | undefined): { at: string | undefined; parameters: Date[] } {
  if (knownOn === undefined) return { at: undefined, parameters: [] };
  return { at: `$${place}::timestamptz`, parameters: [new Date(knownOn)] };
}

/** Booked energy of some meters by hour; hours without a row are absent. */
export async function bookedHours(
  db: Db,
  meterIds: readonly number[],
  span: Interval,
  knownOn?: number,
): Promise<LedgerRow[]> {
  const { at, parameters } = knownOnAs(4, knownOn);
  const { rows } = await db.query<{ hour: number; consumption: string; covered_s: bigint }>(
    `select l.hour, sum(l.counts * l.ratio * p.unit_value) as consumption, sum(l.covered_s) as covered_s
     from ${ledgerOf('hour', at)}
     where m.id = any($1) and l.hour >= $2 and l.hour < $3 group by l.hour`,
    [meterIds, new Date(span.start), new Date(span.end), ...parameters],
  );
  return rows.map((row) => ({
    start: row.hour,
    booked: energyOf(row.consumption),
    coveredS: Number(row.covered_s),
  }));
}

/** Booked energy of some meters by Shanghai day; days that hold spans only are absent, spans are read apart. */
export async function bookedDays(
  db: Db,
  meterIds: readonly number[],
  span: Interval,
  knownOn?: number,
): Promise<LedgerRow[]> {
  const { at, parameters } = knownOnAs(4, knownOn);
  const { rows } = await db.query<{ day: string; booked: string; covered_s: bigint }>(
    `select l.day, sum(l.booked * p.unit_value) as booked, sum(l.covered_s) as covered_s
     from ${ledgerOf('day', at)}
     where m.id = any($1) and l.day >= $2 and l.day < $3 and (l.covered_s > 0 or l.booked <> 0) group by l.day`,
    [meterIds, dateText(span.start), dateText(span.end), ...parameters],
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

/** Undistributed and disputed energy that touches a span. */
export async function ledgerSpans(
  db: Db,
  meterIds: readonly number[],
  span: Interval,
  knownOn?: number,
): Promise<SpanRow[]> {
  const { at, parameters } = knownOnAs(4, knownOn);
  const { rows } = await db.query<{
    meter_id: number;
    from_ts: number;
    to_ts: number;
    class: LedgerSpan['class'];
    energy: string;
    evidence: Record<string, unknown>;
  }>(
    `select m.id as meter_id, l.from_ts, l.to_ts, l.class, l.counts * l.ratio * p.unit_value as energy, l.evidence
     from ${ledgerOf('span', at)}
     where m.id = any($1) and l.to_ts > $2 and l.from_ts < $3 order by l.from_ts, m.id`,
    [meterIds, new Date(span.start), new Date(span.end), ...parameters],
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

/** Whether each meter's booked register is known at or before `start` and at or after `end`. */
export async function meterEnds(
  db: Db,
  meters: readonly CountedMeter[],
  { start, end }: Interval,
): Promise<MeterEnds[]> {
  const { rows } = await db.query<{ id: number; at_start: boolean; at_end: boolean }>(
    `select m.id,
       exists (select from metering.reading r where r.meter_id = m.id and r.point = registry.booked_point(m.medium)
         and r.ts <= $2 and r.quality <> 2) as at_start,
       exists (select from metering.reading r where r.meter_id = m.id and r.point = registry.booked_point(m.medium)
         and r.ts >= $3 and r.quality <> 2) as at_end
     from registry.meter m where m.id = any($1)`,
    [meters.map((meter) => meter.id), new Date(start), new Date(end)],
  );
  const ends = new Map(rows.map((row) => [row.id, row]));
  return meters.map(({ id, code }) => ({
    id,
    code,
    knownAtStart: ends.get(id)?.at_start ?? false,
    knownAtEnd: ends.get(id)?.at_end ?? false,
  }));
}

/** A meter that is booked; sensors of the environment are not. */
export async function oneMeter(db: Db, id: number): Promise<(CountedMeter & { medium: BookedMedium }) | undefined> {
  const { rows } = await db.query<{ code: string; interval_s: number; medium: BookedMedium }>(
    "select code, interval_s, medium from registry.meter where id = $1 and medium <> 'environment'",
    [id],
  );
  const [row] = rows;
  return row && { id, code: row.code, intervalS: row.interval_s, medium: row.medium };
}
