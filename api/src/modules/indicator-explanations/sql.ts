import type { Db } from '@ganzhi/schemas/db';
import { DATED_SOURCES } from '../../energy/dated-parts.ts';
import { asKnown } from '../../energy/known.ts';
import type { Part } from '../../energy/parts.ts';
import { type Days, dayInstant } from '../../lib/day.ts';

export interface SourceRow extends Pick<Part, 'carrier' | 'purpose' | 'class' | 'quantity'> {
  source: 'meter' | 'allocation' | 'forwarded' | 'bill' | 'series';
  ref: bigint;
  name: string | null;
}

/** What an institution used in a span, by what it comes from; the same statement as its parts. */
export async function sourcesOf(db: Db, institutionId: number, days: Days, knownOn?: number): Promise<SourceRow[]> {
  const span = [days.from, days.to, new Date(dayInstant(days.from)), new Date(dayInstant(days.to))];
  const { rows } = await db.query<SourceRow>(DATED_SOURCES, [[institutionId], ...span, asKnown(knownOn), null]);
  return rows;
}

export interface HeldDays {
  id: number;
  from: string;
  to: string;
}

/** From when to when meters stood with the institution within a span. */
export async function heldDays(db: Db, institutionId: number, days: Days, knownOn?: number): Promise<HeldDays[]> {
  const { rows } = await db.query<HeldDays>(
    `select h.meter_id as id, greatest(min(h.from_day), $2::date) as "from", least(max(h.to_day), $3::date) as "to"
     from registry.held_meters(array[$1::int4], $4, null) h where h.from_day < $3::date and h.to_day > $2::date
     group by h.meter_id`,
    [institutionId, days.from, days.to, asKnown(knownOn)],
  );
  return rows;
}

export async function billDocuments(db: Db, ids: readonly bigint[]): Promise<Map<string, string>> {
  const { rows } = await db.query<{ id: bigint; document: string }>(
    `select b.id, b.document_ref as document from energy.bill b where b.id = any($1::int8[])`,
    [ids],
  );
  return new Map(rows.map(({ id, document }) => [String(id), document]));
}

export interface FactorRow {
  id: number;
  kind: 'coefficient' | 'density' | 'emission';
  variant: string;
  value: string;
  unit: string;
  validFrom: string;
  sourceDocument: string;
  recordedBy: string;
  recordedAt: number;
}

export async function factorsById(db: Db, ids: readonly number[]): Promise<Map<number, FactorRow>> {
  const { rows } = await db.query<FactorRow>(
    `select id, kind, variant, trim_scale(value)::text as value, unit, valid_from as "validFrom",
       source_document as "sourceDocument", recorded_by as "recordedBy", recorded_at as "recordedAt"
     from energy.factor where id = any($1::int4[])`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}
