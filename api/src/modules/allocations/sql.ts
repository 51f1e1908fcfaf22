import type { Db, Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import type { Days } from '../../lib/day.ts';
import type { Rule } from './schema.ts';

export type NewRow = Pick<z.infer<typeof Rule>, 'basis' | 'validFrom' | 'sourceDocument' | 'shares'>;

export async function sharedMeter(db: Db | Tx, id: number) {
  const { rows } = await db.query<{ medium: 'electricity' | 'water' | 'gas' | 'heat'; role: string }>(
    "select medium, role from registry.meter where id = $1 and medium <> 'environment'",
    [id],
  );
  return rows[0];
}

export async function rulesOf(db: Db | Tx, meterId: number): Promise<z.infer<typeof Rule>[]> {
  const { rows } = await db.query<z.infer<typeof Rule>>(
    `select r.id, r.meter_id as "meterId", r.basis, r.valid_from as "validFrom", r.source_document as "sourceDocument",
       r.recorded_by as "recordedBy",
       coalesce((select json_agg(json_build_object('institutionId', s.institution_id, 'weight', trim_scale(s.weight)::text,
         'basisMeterId', s.basis_meter_id) order by s.institution_id)
         from energy.allocation_share s where s.rule_id = r.id), '[]') as shares
     from energy.allocation_rule r where r.meter_id = $1 order by r.valid_from, r.recorded_at`,
    [meterId],
  );
  return rows;
}

/** Ids among those given that are not there for whoever asks. */
export async function unknownIds(tx: Tx, table: 'institution' | 'meter', ids: readonly number[]): Promise<number[]> {
  const { rows } = await tx.query<{ id: number }>(
    `select x.id from unnest($1::int4[]) as x(id) where not exists (select from registry.${table} t where t.id = x.id)`,
    [ids],
  );
  return rows.map(({ id }) => id);
}

/** Meters among those given that this meter's rules must not weigh by: of another medium. */
export async function foreignMeters(tx: Tx, medium: string, ids: readonly number[]): Promise<string[]> {
  const { rows } = await tx.query<{ code: string }>(
    'select code from registry.meter where id = any($1::int4[]) and medium <> $2',
    [ids, medium],
  );
  return rows.map(({ code }) => code);
}

export async function insertRule(tx: Tx, meterId: number, rule: NewRow, by: string, at: number): Promise<void> {
  const { rows } = await tx.query<{ id: number }>(
    `insert into energy.allocation_rule (meter_id, valid_from, basis, source_document, recorded_by, recorded_at)
     values ($1, $2, $3, $4, $5, $6) returning id`,
    [meterId, rule.validFrom, rule.basis, rule.sourceDocument, by, new Date(at)],
  );
  await tx.query(
    `insert into energy.allocation_share (rule_id, institution_id, weight, basis_meter_id)
     select $1, * from unnest($2::int4[], $3::numeric[], $4::int4[])`,
    [
      rows[0]?.id,
      rule.shares.map(({ institutionId }) => institutionId),
      rule.shares.map(({ weight }) => weight),
      rule.shares.map(({ basisMeterId }) => basisMeterId),
    ],
  );
  await tx.query('select energy.mark_from($1, $2)', [meterId, rule.validFrom]);
}

export async function allocated(db: Db, meterId: number, days: Days, knownOn?: number) {
  const { rows } = await db.query<{ institutionId: number; unallocated: boolean; energy: string }>(
    `select institution_id as "institutionId", unallocated, sum(energy) as energy from energy.allocated_day_as_known($4)
     where meter_id = $1 and day >= $2 and day < $3 group by 1, 2 order by 1`,
    [meterId, days.from, days.to, knownOn === undefined ? 'infinity' : new Date(knownOn)],
  );
  return rows;
}
