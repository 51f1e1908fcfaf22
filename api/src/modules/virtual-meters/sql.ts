import type { Linear } from '@ganzhi/analytics/rules';
import type { Db, Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import type { Days } from '../../lib/day.ts';
import { cut, decodeCursor } from '../../lib/page.ts';
import type { FormulaVersion, VirtualMeter } from './schema.ts';

type Row = z.infer<typeof VirtualMeter>;
const COLUMNS = `v.id, v.code, v.institution_id as "institutionId", v.medium, v.kind, v.name_zh as "nameZh", v.name_en as "nameEn"`;

export async function listVirtualMeters(
  db: Db,
  filter: { institutionId?: number | undefined; limit: number; cursor?: string | undefined },
) {
  const after = decodeCursor('id', filter.cursor, { value: 'numeric', id: 'int4' });
  const { rows } = await db.query<Row>(
    `select ${COLUMNS} from energy.virtual_meter v
     where ($1::int4 is null or v.institution_id = $1) and v.id > $2::int4 order by v.id limit $3`,
    [filter.institutionId ?? null, after?.id ?? 0, filter.limit + 1],
  );
  return cut(rows, filter.limit, 'id', (row) => ({ value: String(row.id), id: String(row.id) }));
}

export async function oneVirtualMeter(db: Db | Tx, id: number): Promise<Row | undefined> {
  const { rows } = await db.query<Row>(`select ${COLUMNS} from energy.virtual_meter v where v.id = $1`, [id]);
  return rows[0];
}

export async function formulasOf(db: Db | Tx, id: number): Promise<z.infer<typeof FormulaVersion>[]> {
  const { rows } = await db.query<z.infer<typeof FormulaVersion>>(
    `select id, formula, valid_from as "validFrom", source_document as "sourceDocument", recorded_by as "recordedBy"
     from energy.virtual_formula where virtual_meter_id = $1 order by valid_from, recorded_at`,
    [id],
  );
  return rows;
}

export async function daysOf(db: Db, id: number, days: Days, knownOn?: number) {
  const { rows } = await db.query<{ day: string; energy: string | null; missing: string[]; formulaId: number }>(
    `select day, energy, missing, formula_id as "formulaId" from energy.virtual_day_as_known($4)
     where virtual_meter_id = $1 and day >= $2 and day < $3 order by day`,
    [id, days.from, days.to, knownOn === undefined ? 'infinity' : new Date(knownOn)],
  );
  return rows;
}

/** Up to when a virtual meter is current; null: a meter of it has never told a register. */
export async function currentTo(db: Db, id: number): Promise<number | null> {
  const { rows } = await db.query<{ at: number | null }>('select energy.virtual_current_to($1) as at', [id]);
  return rows[0]?.at ?? null;
}

/** What a code means in a formula, inside the scope of whoever asks. */
export async function operandsOf(tx: Tx, codes: readonly string[]) {
  const { rows } = await tx.query<{ code: string; meterId: number | null; virtualId: number | null; medium: string }>(
    `select code, id as "meterId", null::int4 as "virtualId", medium from registry.meter where code = any($1::text[])
     union all select code, null, id, medium from energy.virtual_meter where code = any($1::text[])`,
    [codes],
  );
  return rows;
}

/** Which virtual meters every virtual meter was ever made of, by code: cycles are refused over all times. */
export async function virtualGraph(tx: Tx): Promise<Map<string, string[]>> {
  // one writer of formulas at a time: two halves of a cycle must not pass each other
  await tx.query('select pg_advisory_xact_lock(72190422)');
  const { rows } = await tx.query<{ code: string; operands: string[] }>(
    `select v.code, array_agg(distinct o.code) as operands
     from energy.virtual_term t
     join energy.virtual_formula f on f.id = t.formula_id
     join energy.virtual_meter v on v.id = f.virtual_meter_id
     join energy.virtual_meter o on o.id = t.operand_id group by v.code`,
  );
  return new Map(rows.map(({ code, operands }) => [code, operands]));
}

/** A meter that may be the parent of a remainder, with its sub-meters. */
export async function familyOf(tx: Tx, meterId: number) {
  const { rows } = await tx.query<{ code: string; medium: Row['medium']; children: string[] }>(
    `select m.code, m.medium, coalesce((select array_agg(c.code order by c.code) from registry.meter c
       where c.parent_id = m.id and c.medium = m.medium), '{}') as children
     from registry.meter m where m.id = $1 and m.medium <> 'environment'`,
    [meterId],
  );
  return rows[0];
}

/** Remainders of a meter, with the first day they are told for. */
export async function remaindersOf(tx: Tx, parentId: number) {
  const { rows } = await tx.query<{ id: number; code: string; medium: string; parentCode: string; beginsOn: string }>(
    `select v.id, v.code, v.medium, m.code as "parentCode", min(f.valid_from) as "beginsOn"
     from energy.virtual_meter v
     join energy.virtual_formula f on f.virtual_meter_id = v.id
     join energy.virtual_term t on t.formula_id = f.id and t.num > 0
     join registry.meter m on m.id = t.meter_id
     where v.kind = 'remainder' and t.meter_id = $1 group by v.id, m.code`,
    [parentId],
  );
  return rows;
}

/** Days after `from` on which the sub-meters of a meter become others. */
export async function familyDays(tx: Tx, parentId: number, from: string): Promise<string[]> {
  const { rows } = await tx.query<{ day: string }>(
    `select distinct d.day from registry.meter_periods('infinity') p
     cross join lateral (values (p.from_day), (p.to_day)) d(day)
     where p.parent_id = $1 and d.day > $2::date and d.day < 'infinity' order by d.day`,
    [parentId, from],
  );
  return rows.map(({ day }) => day);
}

/** Codes of the sub-meters of the same medium on a day. */
export async function childrenOn(tx: Tx, parentId: number, day: string): Promise<string[]> {
  const { rows } = await tx.query<{ code: string }>(
    `select c.code from registry.meter p
     join registry.meter c on c.medium = p.medium
     where p.id = $1 and case when c.dated
       then exists (select from registry.meter_periods('infinity') x
         where x.meter_id = c.id and x.parent_id = p.id and x.from_day <= $2::date and x.to_day > $2::date)
       else c.parent_id = p.id end
     order by c.code`,
    [parentId, day],
  );
  return rows.map(({ code }) => code);
}

/** The formula in force on a day. */
export async function formulaOn(tx: Tx, virtualId: number, day: string): Promise<string | undefined> {
  const { rows } = await tx.query<{ formula: string }>(
    `select formula from energy.virtual_formula where virtual_meter_id = $1 and valid_from <= $2
     order by valid_from desc, recorded_at desc, id desc limit 1`,
    [virtualId, day],
  );
  return rows[0]?.formula;
}

export async function insertVirtualMeter(tx: Tx, row: Omit<Row, 'id'>, by: string): Promise<number | undefined> {
  const { rows } = await tx.query<{ id: number }>(
    `insert into energy.virtual_meter (code, institution_id, medium, kind, name_zh, name_en, created_by)
     select $1, $2, $3, $4, $5, $6, $7 where not exists (select from registry.meter where code = $1)
     on conflict (code) do nothing returning id`,
    [row.code, row.institutionId, row.medium, row.kind, row.nameZh, row.nameEn, by],
  );
  return rows[0]?.id;
}

/** Writes a formula with its terms and marks every day from its first on. */
export async function insertFormula(
  tx: Tx,
  row: { virtualId: number; formula: string; validFrom: string; sourceDocument: string; by: string; at: number },
  linear: Linear,
  operands: Awaited<ReturnType<typeof operandsOf>>,
): Promise<void> {
  const { rows } = await tx.query<{ id: number }>(
    `insert into energy.virtual_formula (virtual_meter_id, valid_from, formula, constant_num, constant_den, source_document,
       recorded_by, recorded_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) returning id`,
    [
      row.virtualId,
      row.validFrom,
      row.formula,
      linear.constant.num,
      linear.constant.den,
      row.sourceDocument,
      row.by,
      new Date(row.at),
    ],
  );
  for (const { code, meterId, virtualId } of operands) {
    const coefficient = linear.terms.get(code);
    if (!coefficient) continue;
    await tx.query(
      'insert into energy.virtual_term (formula_id, meter_id, operand_id, num, den) values ($1, $2, $3, $4, $5)',
      [rows[0]?.id, meterId, virtualId, coefficient.num, coefficient.den],
    );
    if (meterId !== null) await tx.query('select energy.mark_from($1, $2)', [meterId, row.validFrom]);
    else {
      await tx.query(
        `insert into energy.dirty_day (virtual_meter_id, day)
         select $1, day from energy.virtual_day where virtual_meter_id = $2 and day >= $3`,
        [row.virtualId, virtualId, row.validFrom],
      );
    }
  }
}
