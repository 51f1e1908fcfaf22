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

/** Booked energy of some meters by hour; hours without a row are absent. */
export async function bookedHours(db: Db, meterIds: readonly number[], span: Interval): Promise<LedgerRow[]> {
  const { rows } = await db.query<{ hour: number; consumption: string; covered_s: bigint }>(
    `select hour, sum(consumption) as consumption, sum(covered_s) as covered_s from ledger.meter_hour
     where meter_id = any($1) and hour >= $2 and hour < $3 group by hour`,
    [meterIds, new Date(span.start), new Date(span.end)],
  );
  return rows.map((row) => ({
    start: row.hour,
    booked: energyOf(row.consumption),
    coveredS: Number(row.covered_s),
  }));
}

/** Booked energy of some meters by Shanghai day; days that hold spans only are absent, spans are read apart. */
export async function bookedDays(db: Db, meterIds: readonly number[], span: Interval): Promise<LedgerRow[]> {
  const { rows } = await db.query<{ day: string; booked: string; covered_s: bigint }>(
    `select day, sum(booked) as booked, sum(covered_s) as covered_s from ledger.meter_day
     where meter_id = any($1) and day >= $2 and day < $3 and (covered_s > 0 or booked <> 0) group by day`,
    [meterIds, dateText(span.start), dateText(span.end)],
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
export async function ledgerSpans(db: Db, meterIds: readonly number[], span: Interval): Promise<SpanRow[]> {
  const { rows } = await db.query<{
    meter_id: number;
    from_ts: number;
    to_ts: number;
    class: LedgerSpan['class'];
    energy: string;
    evidence: Record<string, unknown>;
  }>(
    `select meter_id, from_ts, to_ts, class, energy, evidence from ledger.meter_span
     where meter_id = any($1) and to_ts > $2 and from_ts < $3 order by from_ts, meter_id`,
    [meterIds, new Date(span.start), new Date(span.end)],
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
