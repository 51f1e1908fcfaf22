import type { Db, Tx } from '@ganzhi/schemas/db';
import { tokenDigest } from '../../auth/session.ts';
import type { Journey } from './provider.ts';

/** Remembers a journey until its state comes back; clears away those that never did. */
export async function rememberJourney(db: Db, journey: Journey, now: number, untilMs: number): Promise<void> {
  await db.query('delete from platform.oidc_flow where expires_at <= $1', [new Date(now)]);
  await db.query(
    'insert into platform.oidc_flow (state_sha256, nonce, code_verifier, expires_at) values ($1, $2, $3, $4)',
    [tokenDigest(journey.state), journey.nonce, journey.codeVerifier, new Date(untilMs)],
  );
}

/** The journey of a state, once: a second try finds nothing. */
export async function takeJourney(db: Db, state: string, now: number): Promise<Journey | undefined> {
  const { rows } = await db.query<{ nonce: string; code_verifier: string; expires_at: number }>(
    'delete from platform.oidc_flow where state_sha256 = $1 returning nonce, code_verifier, expires_at',
    [tokenDigest(state)],
  );
  const [row] = rows;
  return row && row.expires_at > now ? { state, nonce: row.nonce, codeVerifier: row.code_verifier } : undefined;
}

export interface LinkedUser {
  id: number;
  login: string;
  enabled: boolean;
  kind: 'person' | 'service';
  totp_confirmed: boolean;
}

const LINKED = 'id, login, enabled, kind, totp_confirmed';

/** The user whom an administrator has tied to this identity; names and mail addresses tie nobody. */
export async function linkedUser(
  tx: Tx,
  { issuer, subject }: { issuer: string; subject: string },
): Promise<LinkedUser | undefined> {
  const { rows } = await tx.query<LinkedUser>(
    `select ${LINKED} from platform.app_user where oidc_issuer = $1 and oidc_subject = $2 for update`,
    [issuer, subject],
  );
  return rows[0];
}

/** @returns undefined when the login is taken, or the identity meanwhile */
export async function insertLinkedUser(
  tx: Tx,
  user: { login: string; displayName: string; issuer: string; subject: string },
  now: number,
): Promise<LinkedUser | undefined> {
  const { rows } = await tx.query<LinkedUser>(
    `insert into platform.app_user (login, display_name, oidc_issuer, oidc_subject, password_changed_at, created_at)
     values ($1, $2, $3, $4, $5, $5) on conflict do nothing returning ${LINKED}`,
    [user.login, user.displayName, user.issuer, user.subject, new Date(now)],
  );
  return rows[0];
}

export interface PendingLogin {
  userId: number;
  factorByProvider: boolean;
}

export async function addPending(
  tx: Tx,
  token: string,
  { userId, factorByProvider }: PendingLogin,
  times: { now: number; untilMs: number },
): Promise<void> {
  await tx.query('delete from platform.pending_login where expires_at <= $1', [new Date(times.now)]);
  await tx.query(
    'insert into platform.pending_login (token_sha256, user_id, factor_by_provider, expires_at) values ($1, $2, $3, $4)',
    [tokenDigest(token), userId, factorByProvider, new Date(times.untilMs)],
  );
}

export async function findPending(tx: Tx, token: string, now: number): Promise<PendingLogin | undefined> {
  const { rows } = await tx.query<{ user_id: number; factor_by_provider: boolean }>(
    'select user_id, factor_by_provider from platform.pending_login where token_sha256 = $1 and expires_at > $2',
    [tokenDigest(token), new Date(now)],
  );
  const [row] = rows;
  return row && { userId: row.user_id, factorByProvider: row.factor_by_provider };
}

/** False when another request has used it meanwhile. */
export async function dropPending(tx: Tx, token: string): Promise<boolean> {
  const { rowCount } = await tx.query('delete from platform.pending_login where token_sha256 = $1', [
    tokenDigest(token),
  ]);
  return rowCount === 1;
}

/** @returns false when the user has another version by now */
export async function setIdentity(
  tx: Tx,
  id: number,
  version: number,
  identity: { issuer: string; subject: string } | null,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update platform.app_user set oidc_issuer = $3, oidc_subject = $4, version = version + 1
     where id = $1 and version = $2`,
    [id, version, identity?.issuer ?? null, identity?.subject ?? null],
  );
  return rowCount === 1;
}
