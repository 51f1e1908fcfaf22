import type { Db, Tx } from '@ganzhi/schemas/db';

export interface AuditEntry {
  /** Login of who did it, or "system". */
  actor: string;
  /** noun.verb, `session.create`. */
  action: string;
  target: string;
  before?: unknown;
  after?: unknown;
  address?: string;
}

/** Appends to the trail; nobody can change or delete it (no grant). */
export async function audit(db: Db | Tx, entry: AuditEntry): Promise<void> {
  const { actor, action, target, before, after, address } = entry;
  await db.query(
    'insert into platform.audit (actor, action, target, before, after, address) values ($1, $2, $3, $4, $5, $6)',
    [actor, action, target, jsonOrNull(before), jsonOrNull(after), address ?? null],
  );
}

const jsonOrNull = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
