import { randomBytes } from 'node:crypto';
import { GanzhiError } from '@ganzhi/schemas';
import { type Db, withTx } from '@ganzhi/schemas/db';
import { audit } from '../lib/audit.ts';
import { hashPassword } from './password.ts';

export interface Credentials {
  login: string;
  password: string;
}

/**
 * Creates the first user when there is none, with a generated password (120 bits). It is returned this once: the database
 * keeps the hash only. Two processes that start at once create one administrator; the second gets undefined.
 */
export async function ensureAdministrator(db: Db): Promise<Credentials | undefined> {
  const { rowCount } = await db.query('select from platform.app_user limit 1');
  if (rowCount !== 0) return undefined;
  const login = 'admin';
  const password = newPassword();
  const hash = await hashPassword(password);
  const inserted = await db.query(
    `with made as (
       insert into platform.app_user (login, display_name, password_hash) values ($1, '管理员', $2)
       on conflict (login) do nothing returning id
     )
     insert into platform.assignment (user_id, role_code, whole_city, valid_from, granted_by)
     select id, 'installer', true, '-infinity', 'system' from made`,
    [login, hash],
  );
  if (inserted.rowCount === 0) return undefined;
  await audit(db, { actor: 'system', action: 'user.create', target: login, after: { role: 'installer' } });
  return { login, password };
}

/**
 * Gives a user a new generated password, ends the lock-out and every open session. Returned this once.
 *
 * @throws GanzhiError `not-found` when there is no such user
 */
export async function resetPassword(db: Db, login: string): Promise<Credentials> {
  const password = newPassword();
  const hash = await hashPassword(password);
  await withTx(db, async (tx) => {
    const { rows } = await tx.query<{ id: number }>(
      `update platform.app_user set password_hash = $2, password_changed_at = now(), failed_logins = 0, locked_until = null where login = $1
       returning id`,
      [login, hash],
    );
    if (!rows[0]) throw new GanzhiError('not-found', `There is no user "${login}".`);
    await tx.query('delete from platform.session where user_id = $1', [rows[0].id]);
    await audit(tx, { actor: 'system', action: 'user.reset-password', target: login });
  });
  return { login, password };
}

/** 120 bits, in characters that can be typed. */
export const newPassword = (): string => randomBytes(15).toString('base64url');
