import type pg from 'pg';
import { queryUnderClaim } from './claimed-query.ts';

/**
 * For whom a statement is run; row security shows that person's part of the city (migration 0061, design §4).
 *
 * `system` is the service's own work and sees everything, `none` sees no business data. A person's claim names one
 * permission: the scope is that of the roles which grant it.
 */
export type Claims = 'system' | 'none' | PersonClaims;

export interface PersonClaims {
  userId: number;
  permission: string;
  atMs: number;
  /**
   * What the answer shows of readings and consumption. `registry`: nothing. Unsaid: anything, and then a right that is limited
   * to a span of data does not count.
   */
  data?: 'registry' | DataSpan;
  /** Whether one of the roles that grant the permission has the whole city; undefined: the database finds out. */
  wholeCity?: boolean;
  /**
   * The part of the city that this is, as `platform.scope_of` tells it; undefined: the database finds out for every table of
   * every statement. For reading only: what a request enters itself is not in it.
   */
  scope?: string | undefined;
}

/** A span of figures, epoch milliseconds; `fromMs` <= `toMs`. */
export interface DataSpan {
  fromMs: number;
  toMs: number;
}

/** The text of the setting `ganzhi.claims`. Holds numbers, a date and one of our own permission names: nothing to escape. */
export function claimsText(claims: Claims): string {
  if (typeof claims === 'string') return claims;
  const { userId, permission, atMs, data, wholeCity } = claims;
  if (!/^[a-z.]+$/.test(permission)) throw new TypeError(`"${permission}" is no permission`);
  const at = (ms: number): string => new Date(ms).toISOString();
  const shown = data === 'registry' ? { r: true } : data && { f: at(data.fromMs), e: at(data.toMs) };
  // "w" stands last: claimed_all looks for it at the end
  return JSON.stringify({ u: Math.trunc(userId), p: permission, t: at(atMs), ...shown, w: wholeCity });
}

const begins = new WeakMap<object, () => string>();

/** What opens a transaction of this pool: `begin`, and for a claiming pool the claim with it, in one round trip. */
export const beginStatement = (db: object): string => begins.get(db)?.() ?? 'begin';

/**
 * The same pool, each statement and each transaction (`withTx`) of which runs under the claims of the moment. They end with the
 * transaction and cannot reach the next user of the connection. What is borrowed with `connect()` and used without a transaction
 * has the pool's own claims: open it with `claims: 'none'`.
 */
export function claimingPool(pool: pg.Pool, current: () => Claims): pg.Pool {
  const query = async (config: string | pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult> => {
    const claims = current();
    const text = { claims: claimsText(claims), scope: typeof claims === 'string' ? '' : (claims.scope ?? '') };
    const client = await pool.connect();
    try {
      return await queryUnderClaim(
        client,
        text,
        typeof config === 'string' ? { text: config, ...(values ? { values } : {}) } : config,
      );
    } finally {
      client.release();
    }
  };
  const claiming: pg.Pool = Object.create(pool, { query: { value: query } });
  begins.set(claiming, () => `begin; set local ganzhi.claims = '${claimsText(current())}'`);
  return claiming;
}
