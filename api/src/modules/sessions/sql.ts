import type { Db, Tx } from '@ganzhi/schemas/db';
import type { Attempts } from './rules.ts';

export interface UserRow {
  id: number;
  login: string;
  /** Null: logs in elsewhere (OpenID Connect), or is a program. */
  password_hash: string | null;
  password_history: string[];
  enabled: boolean;
  totp_secret: string | null;
  totp_confirmed: boolean;
  attempts: Attempts;
}

const COLUMNS = `id, login, password_hash, password_history, enabled, totp_secret, totp_confirmed, failed_logins,
  locked_until`;

/** The user, locked until the end of the transaction: attempts are counted one after another. */
export async function lockUser(tx: Tx, by: { login: string } | { id: number }): Promise<UserRow | undefined> {
  const [column, value] = 'login' in by ? ['login', by.login] : ['id', by.id];
  const { rows } = await tx.query<Omit<UserRow, 'attempts'> & { failed_logins: number; locked_until: number | null }>(
    `select ${COLUMNS} from platform.app_user where ${column} = $1 for update`,
    [value],
  );
  const [row] = rows;
  return row && { ...row, attempts: { failures: row.failed_logins, lockedUntil: row.locked_until } };
}

export async function saveAttempts(db: Db | Tx, userId: number, { failures, lockedUntil }: Attempts): Promise<void> {
  await db.query('update platform.app_user set failed_logins = $2, locked_until = $3 where id = $1', [
    userId,
    failures,
    lockedUntil === null ? null : new Date(lockedUntil),
  ]);
}

/** Accepts a time step once. False when this step or a later one was used before. */
export async function useStep(tx: Tx, userId: number, step: number): Promise<boolean> {
  const { rowCount } = await tx.query(
    'update platform.app_user set totp_last_step = $2 where id = $1 and totp_last_step < $2',
    [userId, step],
  );
  return rowCount === 1;
}

/** Takes a recovery code out. False when the user has no such code (any more). */
export async function useRecoveryCode(tx: Tx, userId: number, digest: Buffer): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update platform.app_user set recovery_sha256 = array_remove(recovery_sha256, $2)
     where id = $1 and $2 = any(recovery_sha256)`,
    [userId, digest],
  );
  return rowCount === 1;
}

/** @param secret null takes the second factor away */
export async function saveSecondFactor(
  tx: Tx,
  userId: number,
  { secret, confirmed, recovery }: { secret: string | null; confirmed: boolean; recovery: readonly Buffer[] },
): Promise<void> {
  await tx.query(
    `update platform.app_user set totp_secret = $2, totp_confirmed = $3, recovery_sha256 = $4, totp_last_step = 0
     where id = $1`,
    [userId, secret, confirmed, recovery],
  );
}

/** @param temporary it came from an administrator and opens nothing but the change of itself */
export async function savePassword(
  tx: Tx,
  userId: number,
  { hash, history, temporary, now }: { hash: string; history: readonly string[]; temporary: boolean; now: number },
): Promise<void> {
  await tx.query(
    `update platform.app_user set password_hash = $2, password_history = $3, password_temporary = $4,
       password_changed_at = $5, failed_logins = 0, locked_until = null where id = $1`,
    [userId, hash, history, temporary, new Date(now)],
  );
}

export interface OpenSessionRow {
  id: bigint;
  created_at: number;
  expires_at: number;
  address: string | null;
  agent: string | null;
}

export async function sessionsOf(db: Db, userId: number, now: number): Promise<OpenSessionRow[]> {
  const { rows } = await db.query<OpenSessionRow>(
    `select id, created_at, expires_at, address, agent from platform.session
     where user_id = $1 and expires_at > $2 order by id desc limit 1000`,
    [userId, new Date(now)],
  );
  return rows;
}

/** @returns how many were ended; `id` undefined ends all but `except` */
export async function endSessions(
  tx: Tx,
  userId: number,
  { id, except }: { id?: bigint; except?: bigint | undefined } = {},
): Promise<number> {
  const { rowCount } = await tx.query(
    `delete from platform.session where user_id = $1 and ($2::int8 is null or id = $2) and id is distinct from $3::int8`,
    [userId, id ?? null, except ?? null],
  );
  return rowCount ?? 0;
}
