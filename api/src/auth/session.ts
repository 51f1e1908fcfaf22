import { createHash, randomBytes } from 'node:crypto';
import { HOUR, MINUTE } from '@ganzhi/schemas';
import type { Db, Tx } from '@ganzhi/schemas/db';
import type { Permission } from './permissions.ts';
import { SECURITY_SETTING, SecurityPolicy } from './policy.ts';
import { type Rights, rightsOf } from './rights.ts';

export const SESSION_MS = 12 * HOUR;
/** When a token was used is known to this much; a write on every request would cost more than the request. */
const USE_KNOWN_TO_MS = 5 * MINUTE;
export const API_TOKEN_PREFIX = 'gz_';

export interface SessionUser extends Omit<Rights, 'scope'> {
  id: number;
  login: string;
  displayName: string;
}

export type LogInMethod = 'password' | 'oidc';

export interface Session {
  /** Of a log-in; a program's API token has none and needs no CSRF token. */
  login?: { id: bigint; tokenSha256: Buffer; csrfToken: string; via: LogInMethod; openedAt: number };
  tokenId?: number;
  /** Epoch milliseconds. */
  expiresAt: number;
  user: SessionUser;
  passwordTemporary: boolean;
  passwordChangedAt: number;
  secondFactor: boolean;
  /** In force at this moment. */
  policy: SecurityPolicy;
  /** The part of the city for the permission that was asked for (`platform.scope_of`); null: the whole, or not asked. */
  scope: string | null;
}

/** Tokens are random (256 bits), so a fast hash at rest is enough. */
export const tokenDigest = (token: string): Buffer => createHash('sha256').update(token).digest();

export const newToken = (): string => randomBytes(32).toString('base64url');

interface UserColumns {
  user_id: number;
  login: string;
  display_name: string;
  password_temporary: boolean;
  password_changed_at: number;
  totp_confirmed: boolean;
  policy: unknown;
  rights_version: bigint;
}

const USER = `u.id as user_id, u.login, u.display_name, u.password_temporary, u.password_changed_at, u.totp_confirmed,
  (select value from platform.setting where key = '${SECURITY_SETTING}') as policy, platform.rights_version() as rights_version`;

/**
 * The living session or API token behind a bearer text, with the rights of its user at this moment.
 *
 * @param scopeFor a permission to tell the scope of as well
 */
export async function findSession(
  db: Db,
  token: string,
  now: number,
  scopeFor?: Permission,
): Promise<Session | undefined> {
  const find = token.startsWith(API_TOKEN_PREFIX) ? findApiToken : findLogin;
  return find(db, token, now, scopeFor ?? null);
}

async function findLogin(
  db: Db,
  token: string,
  now: number,
  scopeFor: Permission | null,
): Promise<Session | undefined> {
  const tokenSha256 = tokenDigest(token);
  const { rows } = await db.query<
    UserColumns & {
      id: bigint;
      csrf_token: string;
      created_at: number;
      expires_at: number;
      via: LogInMethod;
      factor_by_provider: boolean;
    }
  >({
    name: 'find-session',
    text: `select s.id, s.csrf_token, s.created_at, s.expires_at, s.via, s.factor_by_provider, ${USER}
      from platform.session s join platform.app_user u on u.id = s.user_id and u.enabled
      where s.token_sha256 = $1 and s.expires_at > $2`,
    values: [tokenSha256, new Date(now)],
  });
  const [row] = rows;
  if (!row) return undefined;
  const { id, csrf_token: csrfToken, via, created_at: openedAt, expires_at: expiresAt } = row;
  const session = await sessionOf(db, row, now, scopeFor);
  return {
    ...session,
    // whom the organisation vouches for has no password here that could grow old
    ...(via === 'oidc' ? { passwordTemporary: false, passwordChangedAt: now } : {}),
    secondFactor: session.secondFactor || row.factor_by_provider,
    login: { id, tokenSha256, csrfToken, via, openedAt },
    expiresAt,
  };
}

async function findApiToken(
  db: Db,
  token: string,
  now: number,
  scopeFor: Permission | null,
): Promise<Session | undefined> {
  const { rows } = await db.query<
    UserColumns & { id: number; granted: string[]; expires_at: number; last_used_at: number | null }
  >({
    name: 'find-api-token',
    text: `select t.id, t.permissions as granted, t.expires_at, t.last_used_at, ${USER}
      from platform.api_token t join platform.app_user u on u.id = t.user_id and u.enabled
      where t.token_sha256 = $1 and t.expires_at > $2 and t.revoked_at is null`,
    values: [tokenDigest(token), new Date(now)],
  });
  const [row] = rows;
  if (!row) return undefined;
  if (row.last_used_at === null || row.last_used_at < now - USE_KNOWN_TO_MS) {
    await db.query('update platform.api_token set last_used_at = $2 where id = $1', [row.id, new Date(now)]);
  }
  const session = await sessionOf(db, row, now, scopeFor);
  const permissions = session.user.permissions.filter((permission) => row.granted.includes(permission));
  return {
    ...session,
    user: { ...session.user, permissions },
    // A program has no password to grow old and no second factor to show; its token ends by itself.
    passwordTemporary: false,
    passwordChangedAt: now,
    secondFactor: true,
    tokenId: row.id,
    expiresAt: row.expires_at,
  };
}

async function sessionOf(
  db: Db,
  row: UserColumns,
  now: number,
  scopeFor: Permission | null,
): Promise<Omit<Session, 'expiresAt'>> {
  const { scope, ...rights } = await rightsOf(db, { userId: row.user_id, now, scopeFor, version: row.rights_version });
  return {
    user: { id: row.user_id, login: row.login, displayName: row.display_name, ...rights },
    passwordTemporary: row.password_temporary,
    passwordChangedAt: row.password_changed_at,
    secondFactor: row.totp_confirmed,
    policy: SecurityPolicy.parse(row.policy ?? {}),
    scope,
  };
}

/** Opens a session and clears away those that have expired. The token is returned this once. */
export async function openSession(
  db: Db | Tx,
  userId: number,
  now: number,
  from: {
    address?: string | undefined;
    agent?: string | undefined;
    via?: LogInMethod;
    factorByProvider?: boolean;
  } = {},
): Promise<{ token: string; csrfToken: string; expiresAt: number }> {
  const token = newToken();
  const csrfToken = newToken();
  const expiresAt = now + SESSION_MS;
  await db.query('delete from platform.session where expires_at <= $1', [new Date(now)]);
  await db.query(
    `insert into platform.session (token_sha256, user_id, csrf_token, created_at, expires_at, address, agent, via, factor_by_provider)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      tokenDigest(token),
      userId,
      csrfToken,
      new Date(now),
      new Date(expiresAt),
      from.address ?? null,
      // A header may hold what a text column cannot, and be as long as it likes.
      from.agent?.replaceAll('\0', '').slice(0, 200) ?? null,
      from.via ?? 'password',
      from.factorByProvider ?? false,
    ],
  );
  return { token, csrfToken, expiresAt };
}

export async function closeSession(db: Db | Tx, session: Session): Promise<void> {
  await db.query('delete from platform.session where token_sha256 = $1', [session.login?.tokenSha256 ?? null]);
}
