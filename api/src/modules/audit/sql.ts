import type { Db } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { cut, decodeCursor } from '../../lib/page.ts';
import { Parameters } from '../../lib/statement.ts';
import type { ListAudit } from './schema.ts';

export interface AuditRow {
  id: bigint;
  at: number;
  actor: string;
  action: string;
  target: string;
  before: unknown;
  after: unknown;
  address: string | null;
  sealed_at: number | null;
}

/** Newest first. */
export async function listAudit(
  db: Db,
  query: z.infer<typeof ListAudit>,
): Promise<{ rows: readonly AuditRow[]; nextCursor: string | null }> {
  const { actor, action, target, from, to, limit, cursor } = query;
  const { bind, values } = new Parameters();
  const after = decodeCursor('-id', cursor, { value: 'text', id: 'int8' });
  const parts = ['true'];
  if (after) parts.push(`a.id < ${bind(after.id)}::int8`);
  if (actor !== undefined) parts.push(`a.actor = ${bind(actor)}`);
  if (action !== undefined) parts.push(`(a.action = ${bind(action)} or starts_with(a.action, ${bind(`${action}.`)}))`);
  if (target !== undefined) parts.push(`a.target = ${bind(target)}`);
  if (from !== undefined) parts.push(`a.at >= ${bind(new Date(from))}`);
  if (to !== undefined) parts.push(`a.at < ${bind(new Date(to))}`);
  const { rows } = await db.query<AuditRow>(
    `select a.id, a.at, a.actor, a.action, a.target, a.before, a.after, a.address, s.sealed_at
     from platform.audit a left join platform.audit_seal s on s.audit_id = a.id
     where ${parts.join(' and ')} order by a.id desc limit ${bind(limit + 1)}`,
    values,
  );
  return cut(rows, limit, '-id', (row) => ({ value: null, id: String(row.id) }));
}
