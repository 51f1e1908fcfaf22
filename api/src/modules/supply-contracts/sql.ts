import type { PowerFactorScale } from '@ganzhi/analytics/rules';
import type { Db, Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import type { Contract, NewContract } from './schema.ts';

export type ContractRow = Omit<z.infer<typeof Contract>, 'recordedAt'> & { recordedAt: number };

const COLUMNS = `id, institution_id as "institutionId", valid_from as "validFrom", basis, trim_scale(capacity_kva)::text as "capacityKva",
  trim_scale(demand_kw)::text as "demandKw", power_factor_standard::text as "powerFactorStandard",
  source_document as "sourceDocument", recorded_at as "recordedAt", recorded_by as "recordedBy"`;

export async function contractsOf(db: Db | Tx, institutionId: number): Promise<ContractRow[]> {
  const { rows } = await db.query<ContractRow>(
    `select ${COLUMNS} from energy.supply_contract where institution_id = $1 order by valid_from, recorded_at, id`,
    [institutionId],
  );
  return rows;
}

export async function insertContract(
  tx: Tx,
  institutionId: number,
  row: z.infer<typeof NewContract>,
  by: string,
  at: number,
): Promise<ContractRow | undefined> {
  const { rows } = await tx.query<ContractRow>(
    `insert into energy.supply_contract (institution_id, valid_from, basis, capacity_kva, demand_kw, power_factor_standard,
       source_document, recorded_by, recorded_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning ${COLUMNS}`,
    [
      institutionId,
      row.validFrom,
      row.basis,
      row.capacityKva,
      row.demandKw,
      row.powerFactorStandard,
      row.sourceDocument,
      by,
      new Date(at),
    ],
  );
  return rows[0];
}

export type DatedScale = PowerFactorScale & { id: number; validFrom: string; recordedAt: number };

export async function powerFactorScales(db: Db): Promise<DatedScale[]> {
  const { rows } = await db.query<DatedScale>(
    `select id, standard::text, valid_from as "validFrom", recorded_at as "recordedAt", below, above from energy.power_factor_scale`,
  );
  return rows;
}
