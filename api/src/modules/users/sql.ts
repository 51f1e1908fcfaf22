import type { Db, Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { cut, decodeCursor } from '../../lib/page.ts';
import { Parameters } from '../../lib/statement.ts';
import type { CreateUser, ListUsers, UpdateUser } from './schema.ts';

export interface UserRow {
  id: number;
  login: string;
  display_name: string;
  phone: string;
  kind: 'person' | 'service';
  enabled: boolean;
  totp_confirmed: boolean;
  locked_until: number | null;
  created_at: number;
  version: number;
  roles: string[];
  oidc_subject: string | null;
}

const SELECT = `select u.id, u.login, u.display_name, u.phone, u.kind, u.enabled, u.totp_confirmed, u.locked_until,
    u.created_at, u.version, u.oidc_subject,
    (select coalesce(array_agg(distinct a.role_code order by a.role_code), '{}') from platform.assignment a
      where a.user_id = u.id and a.revoked_at is null) as roles
  from platform.app_user u`;

export async function listUsers(
  db: Db,
  query: z.infer<typeof ListUsers>,
): Promise<{ rows: readonly UserRow[]; nextCursor: string | null; total: number }> {
  const { search, enabled, limit, cursor } = query;
  const { bind, values } = new Parameters();
  const after = decodeCursor('login', cursor, { value: 'text', id: 'int4' });
  const parts = ['true'];
  if (search) parts.push(`position(${bind(search.toLowerCase())} in lower(u.login || ' ' || u.display_name)) > 0`);
  if (enabled !== undefined) parts.push(`u.enabled = ${bind(enabled)}`);
  const where = parts.join(' and ');
  const counted = await db.query<{ n: number }>(`select count(*)::int as n from platform.app_user u where ${where}`, [
    ...values,
  ]);
  const beyond = after ? `u.login > ${bind(after.value)}` : 'true';
  const { rows } = await db.query<UserRow>(
    `${SELECT} where ${where} and ${beyond} order by u.login limit ${bind(limit + 1)}`,
    values,
  );
  const page = cut(rows, limit, 'login', (row) => ({ value: row.login, id: String(row.id) }));
  return { ...page, total: counted.rows[0]?.n ?? 0 };
}

export async function findUser(db: Db | Tx, id: number): Promise<UserRow | undefined> {
  const { rows } = await db.query<UserRow>(`${SELECT} where u.id = $1`, [id]);
  return rows[0];
}

/** @returns undefined when the login is taken */
export async function insertUser(
  tx: Tx,
  user: z.infer<typeof CreateUser>,
  { passwordHash, now }: { passwordHash: string | null; now: number },
): Promise<number | undefined> {
  const { login, displayName, phone, kind } = user;
  const { rows } = await tx.query<{ id: number }>(
    `insert into platform.app_user (login, display_name, phone, kind, password_hash, password_temporary,
       password_changed_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $7) on conflict (login) do nothing returning id`,
    [login, displayName, phone, kind, passwordHash, passwordHash !== null, new Date(now)],
  );
  return rows[0]?.id;
}

/** @returns false when the user has another version by now */
export async function updateUser(
  tx: Tx,
  id: number,
  version: number,
  { displayName, phone, enabled }: z.infer<typeof UpdateUser>,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update platform.app_user set display_name = coalesce($3, display_name), phone = coalesce($4, phone),
       enabled = coalesce($5, enabled), version = version + 1
     where id = $1 and version = $2`,
    [id, version, displayName ?? null, phone ?? null, enabled ?? null],
  );
  return rowCount === 1;
}
