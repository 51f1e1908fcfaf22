import type { Db, Tx } from '@ganzhi/schemas/db';
import type { Role } from '../../auth/session.ts';
import type { Attempts } from './rules.ts';

export interface UserRow {
  id: number;
  login: string;
  displayName: string;
  role: Role;
  passwordHash: string;
  attempts: Attempts;
}

/** The user, locked until the end of the transaction: attempts are counted one after another. */
export async function lockUser(tx: Tx, login: string): Promise<UserRow | undefined> {
  const { rows } = await tx.query<{
    id: number;
    login: string;
    display_name: string;
    role: Role;
    password_hash: string;
    failed_logins: number;
    locked_until: number | null;
  }>(
    `select id, login, display_name, role, password_hash, failed_logins, locked_until
     from platform.app_user where login = $1 for update`,
    [login],
  );
  const [row] = rows;
  return (
    row && {
      id: row.id,
      login: row.login,
      displayName: row.display_name,
      role: row.role,
      passwordHash: row.password_hash,
      attempts: { failures: row.failed_logins, lockedUntil: row.locked_until },
    }
  );
}

export async function saveAttempts(db: Db | Tx, userId: number, { failures, lockedUntil }: Attempts): Promise<void> {
  await db.query('update platform.app_user set failed_logins = $2, locked_until = $3 where id = $1', [
    userId,
    failures,
    lockedUntil === null ? null : new Date(lockedUntil),
  ]);
}
