import type { Db, Tx } from '@ganzhi/schemas/db';
import { cut, decodeCursor } from '../../lib/page.ts';
import type { STATUSES } from './schema.ts';

export interface RepairRow {
  id: number;
  number: string | null;
  institution_id: number;
  institution_zh: string;
  institution_en: string;
  title: string;
  reason: string;
  estimate_fen: bigint;
  status: (typeof STATUSES)[number];
  created_by: number;
  author: string;
  created_at: number;
  due_at: number | null;
  approval_id: bigint | null;
  version: number;
}

const SELECT = `select r.id, r.number, r.institution_id, i.name_zh as institution_zh, i.name_en as institution_en, r.title,
    r.reason, r.estimate_fen, coalesce(a.status, 'draft') as status, r.created_by, u.login as author, r.created_at,
    a.due_at, r.approval_id, r.version
  from office.repair_application r
  join registry.institution i on i.id = r.institution_id
  join platform.app_user u on u.id = r.created_by
  left join platform.approval a on a.id = r.approval_id`;

export interface RepairFilter {
  institution?: number | undefined;
  status?: string | undefined;
}

/** Newest first. */
export async function listRepairs(
  db: Db,
  { institution, status }: RepairFilter,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ rows: readonly RepairRow[]; nextCursor: string | null }> {
  const after = decodeCursor('-id', page.cursor, { value: 'text', id: 'int4' });
  const { rows } = await db.query<RepairRow>(
    `${SELECT} where ($1::int4 is null or r.id < $1) and ($2::int4 is null or r.institution_id = $2)
       and ($3::text is null or coalesce(a.status, 'draft') = $3)
     order by r.id desc limit $4`,
    [after?.id ?? null, institution ?? null, status ?? null, page.limit + 1],
  );
  return cut(rows, page.limit, '-id', (row) => ({ value: null, id: String(row.id) }));
}

/** One application, if the caller's scope holds it. `lock` keeps others from changing it in this transaction. */
export async function findRepair(db: Db | Tx, id: number, lock = false): Promise<RepairRow | undefined> {
  const { rows } = await db.query<RepairRow>(`${SELECT} where r.id = $1 ${lock ? 'for update of r' : ''}`, [id]);
  return rows[0];
}

export async function insertRepair(
  tx: Tx,
  repair: { institutionId: number; title: string; reason: string; estimateFen: number; createdBy: number },
  now: number,
): Promise<number> {
  const { institutionId, title, reason, estimateFen, createdBy } = repair;
  const { rows } = await tx.query<{ id: number }>(
    `insert into office.repair_application (institution_id, title, reason, estimate_fen, created_by, created_at)
     values ($1, $2, $3, $4, $5, $6) returning id`,
    [institutionId, title, reason, estimateFen, createdBy, new Date(now)],
  );
  return rows[0]?.id ?? 0;
}

/** Hands a draft in: from here on number and approval belong to it. */
export async function handIn(tx: Tx, id: number, number: string, approvalId: bigint): Promise<void> {
  await tx.query(
    'update office.repair_application set number = $2, approval_id = $3, version = version + 1 where id = $1',
    [id, number, approvalId],
  );
}

export async function addMaterial(tx: Tx, id: number, evidenceId: bigint, material: string): Promise<void> {
  await tx.query('insert into office.repair_material values ($1, $2, $3)', [id, evidenceId, material]);
}

/** Material code by evidence id. */
export async function materialsOf(db: Db | Tx, id: number): Promise<Map<bigint, string>> {
  const { rows } = await db.query<{ evidence_id: bigint; material: string }>(
    'select evidence_id, material from office.repair_material where application_id = $1',
    [id],
  );
  return new Map(rows.map((row) => [row.evidence_id, row.material]));
}

/** Log-in names of users by id. */
export async function loginsOf(db: Db | Tx, ids: readonly number[]): Promise<Map<number, string>> {
  const { rows } = await db.query<{ id: number; login: string }>(
    'select id, login from platform.app_user where id = any($1)',
    [ids],
  );
  return new Map(rows.map(({ id, login }) => [id, login]));
}
