import type { Db, Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import type { CodeName } from './schema.ts';

type Item = z.infer<typeof CodeName>;

export async function divisions(db: Db): Promise<Item[]> {
  const { rows } = await db.query<Item>(
    'select code, name_zh as "nameZh", name_en as "nameEn" from registry.division order by sort_order, code',
  );
  return rows;
}

export async function institutionTypes(db: Db): Promise<Item[]> {
  const { rows } = await db.query<Item>(
    'select code, name_zh as "nameZh", name_en as "nameEn" from registry.institution_type order by code',
  );
  return rows;
}

/** Several modules hang rows on an institution and must tell "none" from "no such institution". */
export async function institutionExists(db: Db | Tx, id: number): Promise<boolean> {
  const { rowCount } = await db.query('select from registry.institution where id = $1', [id]);
  return rowCount === 1;
}
