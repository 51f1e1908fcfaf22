import { shanghaiText } from '@ganzhi/schemas';
import type { Db, Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { cut, decodeCursor } from '../../lib/page.ts';
import { instantOrNull } from '../../lib/time.ts';
import type { StoredChange } from '../../registry/apply.ts';
import type { Change, State } from '../../registry/life-cycle.ts';
import type { InstitutionChange } from './schema.ts';

export interface ChangeRow {
  id: number;
  institution_id: number;
  code: string;
  name_zh: string;
  name_en: string;
  state: State;
  kind: Change;
  effective_on: string;
  reason: string;
  source_document: string;
  content: StoredChange;
  status: z.infer<typeof InstitutionChange>['status'];
  requested_by: number;
  login: string;
  requested_at: number;
  applied_at: number | null;
  due_at: number | null;
  approval_id: bigint;
}

const SELECT = `select c.id, c.institution_id, i.code, i.name_zh, i.name_en, i.state, c.kind, c.effective_on, c.reason,
    c.source_document, c.content, a.status, c.requested_by, u.login, c.requested_at, c.applied_at, a.due_at, c.approval_id
  from registry.institution_change c
  join registry.institution i on i.id = c.institution_id
  join platform.app_user u on u.id = c.requested_by
  join platform.approval a on a.id = c.approval_id`;

/** Newest first. */
export async function listChanges(
  db: Db,
  filter: { institution?: number | undefined; status?: string | undefined; limit: number; cursor?: string | undefined },
) {
  const after = decodeCursor('-id', filter.cursor, { value: 'text', id: 'int4' });
  const { rows } = await db.query<ChangeRow>(
    `${SELECT} where ($1::int4 is null or c.id < $1) and ($2::int4 is null or c.institution_id = $2)
       and ($3::text is null or a.status = $3) order by c.id desc limit $4`,
    [after?.id ?? null, filter.institution ?? null, filter.status ?? null, filter.limit + 1],
  );
  return cut(rows, filter.limit, '-id', (row) => ({ value: null, id: String(row.id) }));
}

export async function findChange(db: Db | Tx, id: number, lock = false): Promise<ChangeRow | undefined> {
  const { rows } = await db.query<ChangeRow>(`${SELECT} where c.id = $1 ${lock ? 'for update of c' : ''}`, [id]);
  return rows[0];
}

export async function insertChange(tx: Tx, change: StoredChange, by: number, at: number): Promise<number> {
  const { rows } = await tx.query<{ id: number }>(
    `insert into registry.institution_change (institution_id, kind, effective_on, reason_code, reason, source_document, content,
       requested_by, requested_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id`,
    [
      change.institutionId,
      change.kind,
      change.effectiveOn,
      change.kind === 'removal' ? change.reasonCode : null,
      change.reason,
      change.sourceDocument,
      JSON.stringify(change),
      by,
      new Date(at),
    ],
  );
  return rows[0]?.id ?? 0;
}

export async function setApproval(tx: Tx, id: number, approvalId: bigint): Promise<void> {
  await tx.query('update registry.institution_change set approval_id = $2 where id = $1', [id, approvalId]);
}

export async function setApplied(tx: Tx, id: number, at: number): Promise<void> {
  await tx.query('update registry.institution_change set applied_at = $2 where id = $1', [id, new Date(at)]);
}

export async function setState(tx: Tx, institutionId: number, state: State): Promise<void> {
  await tx.query('update registry.institution set state = $2, version = version + 1 where id = $1 and state <> $2', [
    institutionId,
    state,
  ]);
}

/** Bodies of the root division are the city's own. */
export async function isOfTheCity(tx: Tx, institutionId: number): Promise<boolean> {
  const { rows } = await tx.query<{ city: boolean }>(
    `select d.parent_code is null and exists (select from registry.division c where c.parent_code = d.code) as city
     from registry.institution i join registry.division d on d.code = i.division_code where i.id = $1`,
    [institutionId],
  );
  return rows[0]?.city ?? false;
}

export const changeOf = (row: ChangeRow): z.infer<typeof InstitutionChange> => ({
  id: row.id,
  institutionId: row.institution_id,
  institutionCode: row.code,
  institutionNameZh: row.name_zh,
  institutionNameEn: row.name_en,
  state: row.state,
  kind: row.kind,
  effectiveOn: row.effective_on,
  reason: row.reason,
  sourceDocument: row.source_document,
  content: { ...row.content },
  status: row.status,
  requestedBy: row.login,
  requestedAt: shanghaiText(row.requested_at),
  appliedAt: instantOrNull(row.applied_at),
  dueAt: instantOrNull(row.due_at),
});
