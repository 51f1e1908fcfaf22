import { createHash, randomBytes } from 'node:crypto';
import { HOUR } from '@ganzhi/schemas';
import type { Db, Tx } from '@ganzhi/schemas/db';

export const SESSION_MS = 12 * HOUR;

export type Role = 'admin' | 'manager' | 'auditor';

export interface Session {
  tokenSha256: Buffer;
  csrfToken: string;
  /** Epoch milliseconds. */
  expiresAt: number;
  user: { id: number; login: string; displayName: string; role: Role };
}

/** The token is random (256 bits), so a fast hash at rest is enough. */
const digest = (token: string): Buffer => createHash('sha256').update(token).digest();

/** The living session of a token. */
export async function findSession(db: Db, token: string, now: number): Promise<Session | undefined> {
  const { rows } = await db.query<{
    csrf_token: string;
    expires_at: number;
    id: number;
    login: string;
    display_name: string;
    role: Role;
  }>({
    name: 'find-session',
    text: `select s.csrf_token, s.expires_at, u.id, u.login, u.display_name, u.role
      from platform.session s join platform.app_user u on u.id = s.user_id
      where s.token_sha256 = $1 and s.expires_at > $2`,
    values: [digest(token), new Date(now)],
  });
  const [row] = rows;
  if (!row) return undefined;
  const { id, login, display_name: displayName, role } = row;
  return {
    tokenSha256: digest(token),
    csrfToken: row.csrf_token,
    expiresAt: row.expires_at,
    user: { id, login, displayName, role },
  };
}

/** Opens a session and clears away those that have expired. The token is returned this once. */
export async function openSession(
  db: Db | Tx,
  userId: number,
  now: number,
): Promise<{ token: string; csrfToken: string; expiresAt: number }> {
  const token = randomBytes(32).toString('base64url');
  const csrfToken = randomBytes(32).toString('base64url');
  const expiresAt = now + SESSION_MS;
  await db.query('delete from platform.session where expires_at <= $1', [new Date(now)]);
  await db.query(
    'insert into platform.session (token_sha256, user_id, csrf_token, created_at, expires_at) values ($1, $2, $3, $4, $5)',
    [digest(token), userId, csrfToken, new Date(now), new Date(expiresAt)],
  );
  return { token, csrfToken, expiresAt };
}

export async function closeSession(db: Db | Tx, session: Session): Promise<void> {
  await db.query('delete from platform.session where token_sha256 = $1', [session.tokenSha256]);
}
