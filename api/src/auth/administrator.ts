import { randomBytes } from 'node:crypto';
import type { Db } from '@ganzhi/schemas/db';
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
  const password = randomBytes(15).toString('base64url');
  const hash = await hashPassword(password);
  const inserted = await db.query(
    `insert into platform.app_user (login, display_name, password_hash, role) values ($1, '管理员', $2, 'admin')
     on conflict (login) do nothing`,
    [login, hash],
  );
  if (inserted.rowCount === 0) return undefined;
  await audit(db, { actor: 'system', action: 'user.create', target: login, after: { role: 'admin' } });
  return { login, password };
}
