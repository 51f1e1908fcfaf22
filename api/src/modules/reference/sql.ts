import type { Db, Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import type { CodeName, NewTreeNode, TreeNode, TreeNodePatch } from './schema.ts';

type Node = z.infer<typeof TreeNode>;

/** Trees that institutions belong to; the names are those of the tables. */
export type Tree = 'division' | 'line';

const NODE = `code, parent_code as "parentCode", name_zh as "nameZh", name_en as "nameEn", retired_on as "retiredOn", version`;
const ORDER: Readonly<Record<Tree, string>> = { division: 'sort_order, code', line: 'code' };

export async function nodesOf(db: Db, tree: Tree): Promise<Node[]> {
  const { rows } = await db.query<Node>(`select ${NODE} from registry.${tree} order by ${ORDER[tree]}`);
  return rows;
}

export async function findNode(tx: Tx, tree: Tree, code: string): Promise<Node | undefined> {
  const { rows } = await tx.query<Node>(`select ${NODE} from registry.${tree} where code = $1 for update`, [code]);
  return rows[0];
}

/** New divisions stand last. @returns false when the code is taken */
export async function insertNode(tx: Tx, tree: Tree, node: z.infer<typeof NewTreeNode>): Promise<boolean> {
  const [column, value] =
    tree === 'division'
      ? [', sort_order', ', (select coalesce(max(sort_order), 0) + 1 from registry.division)']
      : ['', ''];
  const { rowCount } = await tx.query(
    `insert into registry.${tree} (code, parent_code, name_zh, name_en${column}) select $1, $2, $3, $4${value} on conflict do nothing`,
    [node.code, node.parentCode, node.nameZh, node.nameEn],
  );
  return rowCount === 1;
}

export async function updateNode(
  tx: Tx,
  tree: Tree,
  before: Node,
  { nameZh = before.nameZh, nameEn = before.nameEn, retiredOn = before.retiredOn }: z.infer<typeof TreeNodePatch>,
): Promise<void> {
  await tx.query(`update registry.${tree} set name_zh = $2, name_en = $3, retired_on = $4 where code = $1`, [
    before.code,
    nameZh,
    nameEn,
    retiredOn,
  ]);
}

/** What still lives there: institutions in the registry or on their way in, and nodes below that are not abolished. */
export async function livingIn(tx: Tx, tree: Tree, code: string): Promise<{ institutions: number; below: number }> {
  const { rows } = await tx.query<{ institutions: number; below: number }>(
    `select (select count(*)::int from registry.institution i
         where i.${tree}_code = $1 and i.state not in ('merged', 'split', 'removed')) as institutions,
       (select count(*)::int from registry.${tree} n where n.parent_code = $1 and n.retired_on is null) as below`,
    [code],
  );
  return rows[0] ?? { institutions: 0, below: 0 };
}

export async function institutionTypes(db: Db): Promise<z.infer<typeof CodeName>[]> {
  const { rows } = await db.query<z.infer<typeof CodeName>>(
    'select code, name_zh as "nameZh", name_en as "nameEn" from registry.institution_type order by code',
  );
  return rows;
}

/** Several modules hang rows on an institution and must tell "none" from "no such institution". */
export async function institutionExists(db: Db | Tx, id: number): Promise<boolean> {
  const { rowCount } = await db.query('select from registry.institution where id = $1', [id]);
  return rowCount === 1;
}
