import type { CalendarOverrides, DayType } from '@ganzhi/analytics/rules';
import type { Db, Tx } from '@ganzhi/schemas/db';
import { asKnown } from '../../energy/known.ts';
import { cut, decodeCursor } from '../../lib/page.ts';

export interface FactorRow {
  id: number;
  kind: 'coefficient' | 'density' | 'emission';
  carrier: string;
  variant: string;
  value: string;
  unit: string;
  valid_from: string;
  source_document: string;
  recorded_at: number;
  recorded_by: string;
}

const FACTOR =
  'id, kind, carrier, variant, trim_scale(value) as value, unit, valid_from, source_document, recorded_at, recorded_by';

export async function listFactors(
  db: Db,
  filter: { kind?: string | undefined; carrier?: string | undefined; limit: number; cursor?: string | undefined },
) {
  const after = decodeCursor('id', filter.cursor, { value: 'numeric', id: 'int4' });
  const { rows } = await db.query<FactorRow>(
    `select ${FACTOR} from energy.factor
     where ($1::text is null or kind = $1) and ($2::text is null or carrier = $2) and id > $3::int4 order by id limit $4`,
    [filter.kind ?? null, filter.carrier ?? null, after?.id ?? 0, filter.limit + 1],
  );
  return cut(rows, filter.limit, 'id', (row) => ({ value: String(row.id), id: String(row.id) }));
}

/** The plausibility band of a factor, when there is one. */
export async function bandFor(tx: Tx, kind: string, carrier: string) {
  const { rows } = await tx.query<{ low: string; high: string; source_document: string }>(
    `select trim_scale(low) as low, trim_scale(high) as high, source_document from energy.factor_band
     where kind = $1 and carrier = $2`,
    [kind, carrier],
  );
  return rows[0];
}

export interface FactorValues {
  kind: string;
  carrier: string;
  variant: string;
  value: string;
  unit: string;
  validFrom: string;
  sourceDocument: string;
}

export async function insertFactor(tx: Tx, factor: FactorValues, by: string, at: number) {
  const { rows } = await tx.query<FactorRow>(
    `insert into energy.factor (kind, carrier, variant, value, unit, valid_from, source_document, recorded_by, recorded_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning ${FACTOR}`,
    [
      factor.kind,
      factor.carrier,
      factor.variant,
      factor.value,
      factor.unit,
      factor.validFrom,
      factor.sourceDocument,
      by,
      new Date(at),
    ],
  );
  return rows;
}

export interface BaseFactRow {
  id: number;
  institution_id: number;
  kind: 'area' | 'persons';
  value: string;
  valid_from: string;
  source_document: string;
  recorded_at: number;
  recorded_by: string;
}
const BASE =
  'id, institution_id, kind, trim_scale(value) as value, valid_from, source_document, recorded_at, recorded_by';

export async function listBaseFacts(db: Db, institutionId: number): Promise<BaseFactRow[]> {
  const { rows } = await db.query<BaseFactRow>(
    `select ${BASE} from energy.base_fact where institution_id = $1 order by kind, valid_from, recorded_at`,
    [institutionId],
  );
  return rows;
}

export async function insertBaseFact(
  tx: Tx,
  institutionId: number,
  fact: { kind: string; value: string; validFrom: string; sourceDocument: string },
  by: string,
  at: number,
): Promise<BaseFactRow[]> {
  const { rows } = await tx.query<BaseFactRow>(
    `insert into energy.base_fact (institution_id, kind, value, valid_from, source_document, recorded_by, recorded_at)
     values ($1, $2, $3, $4, $5, $6, $7) returning ${BASE}`,
    [institutionId, fact.kind, fact.value, fact.validFrom, fact.sourceDocument, by, new Date(at)],
  );
  // shared meters whose rule weighs by this fact are split again
  await tx.query(
    `select energy.mark_from(r.meter_id, $2) from energy.allocation_rule r
     join energy.allocation_share s on s.rule_id = r.id and s.institution_id = $1 where r.basis = $3`,
    [institutionId, fact.validFrom, fact.kind],
  );
  return rows;
}

/** Day types that a person recorded, the latest of each day. */
export async function calendarOverrides(db: Db | Tx, knownOn?: number): Promise<CalendarOverrides> {
  const { rows } = await db.query<{ day: string; day_type: DayType }>(
    `select distinct on (day) day, day_type from energy.calendar_override where recorded_at <= $1
     order by day, recorded_at desc`,
    [asKnown(knownOn)],
  );
  return new Map(rows.map((row) => [row.day, row.day_type]));
}

export async function insertCalendarDay(
  tx: Tx,
  { day, dayType, sourceDocument }: { day: string; dayType: DayType; sourceDocument: string },
  by: string,
  at: number,
): Promise<void> {
  await tx.query(
    `insert into energy.calendar_override (day, day_type, source_document, recorded_by, recorded_at)
     values ($1, $2, $3, $4, $5)`,
    [day, dayType, sourceDocument, by, new Date(at)],
  );
}

export interface MeterUseRow {
  id: number;
  meterId: number;
  purpose: string;
  validFrom: string;
  validTo: string | null;
}
const USE = 'id, meter_id as "meterId", purpose, valid_from as "validFrom", valid_to as "validTo"';

export async function listMeterUses(db: Db, meterId: number): Promise<MeterUseRow[]> {
  const { rows } = await db.query<MeterUseRow>(
    `select ${USE} from energy.meter_use where meter_id = $1 order by purpose, valid_from`,
    [meterId],
  );
  return rows;
}

/** Undefined when another use of the purpose overlaps. */
export async function insertMeterUse(
  tx: Tx,
  meterId: number,
  use: { purpose: string; validFrom: string; validTo: string | null; sourceDocument: string },
  by: string,
): Promise<MeterUseRow | undefined> {
  await tx.query('select from registry.meter where id = $1 for key share', [meterId]);
  const { rows } = await tx.query<MeterUseRow>(
    `insert into energy.meter_use (meter_id, purpose, valid_from, valid_to, source_document, recorded_by)
     select $1, $2, $3::date, $4::date, $5, $6
     where not exists (select from energy.meter_use u where u.meter_id = $1 and u.purpose = $2
       and u.valid_from < coalesce($4::date, 'infinity') and coalesce(u.valid_to, 'infinity') > $3::date)
     returning ${USE}`,
    [meterId, use.purpose, use.validFrom, use.validTo, use.sourceDocument, by],
  );
  return rows[0];
}

export async function meterExists(db: Db | Tx, id: number): Promise<boolean> {
  const { rowCount } = await db.query(
    'select from registry.meter m join registry.institution i on i.id = m.institution_id where m.id = $1',
    [id],
  );
  return rowCount === 1;
}
