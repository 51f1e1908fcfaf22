import { DAY, shanghaiText } from '@ganzhi/schemas';
import { type Db, type Tx, withTx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { securityPolicy } from '../../auth/policy.ts';
import { API_TOKEN_PREFIX, newToken, tokenDigest } from '../../auth/session.ts';
import { wrongField } from '../../errors/refuse.ts';
import { audit } from '../../lib/audit.ts';
import { instantOrNull } from '../../lib/time.ts';
import type { CreatedToken, CreateToken, Token } from './schema.ts';

interface TokenRow {
  id: number;
  name: string;
  permissions: string[];
  created_at: number;
  expires_at: number;
  revoked_at: number | null;
  last_used_at: number | null;
}

const COLUMNS = 'id, name, permissions, created_at, expires_at, revoked_at, last_used_at';

export async function tokensOf(db: Db, userId: number): Promise<z.infer<typeof Token>[]> {
  const { rows } = await db.query<TokenRow>(
    `select ${COLUMNS} from platform.api_token where user_id = $1 order by id desc limit 1000`,
    [userId],
  );
  return rows.map(tokenOf);
}

/**
 * A token of a user, returned this once. It can do what is named, as long as the user can, and ends by itself.
 *
 * @param by login of who makes it, and from where
 * @throws Refusal `invalid-request` naming `days` beyond the policy
 */
export async function createToken(
  db: Db,
  user: { id: number; login: string },
  { name, permissions, days }: z.infer<typeof CreateToken>,
  { actor, address, now }: { actor: string; address?: string; now: number },
): Promise<z.infer<typeof CreatedToken>> {
  const token = `${API_TOKEN_PREFIX}${newToken()}`;
  return withTx(db, async (tx) => {
    const { tokenMaxDays } = await securityPolicy(tx);
    if (days > tokenMaxDays) {
      throw wrongField('days', {
        zh: `令牌最长 ${tokenMaxDays} 天。`,
        en: `A token lives ${tokenMaxDays} days at most.`,
      });
    }
    const { rows } = await tx.query<TokenRow>(
      `insert into platform.api_token (user_id, name, token_sha256, permissions, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6) returning ${COLUMNS}`,
      [user.id, name, tokenDigest(token), [...new Set(permissions)], new Date(now), new Date(now + days * DAY)],
    );
    const [row] = rows;
    if (!row) throw new Error('an insert gave no row');
    const made = tokenOf(row);
    await audit(tx, {
      actor,
      action: 'token.create',
      target: user.login,
      after: made,
      ...(address === undefined ? {} : { address }),
    });
    return { ...made, token };
  });
}

/** @returns the login of the token's user; undefined when there is no such living token (of this user) */
export async function revokeToken(tx: Tx, id: number, now: number, userId?: number): Promise<string | undefined> {
  const { rows } = await tx.query<{ login: string }>(
    `update platform.api_token t set revoked_at = $2 from platform.app_user u
     where t.id = $1 and u.id = t.user_id and t.revoked_at is null and ($3::int4 is null or u.id = $3) returning u.login`,
    [id, new Date(now), userId ?? null],
  );
  return rows[0]?.login;
}

const tokenOf = (row: TokenRow): z.infer<typeof Token> => ({
  id: row.id,
  name: row.name,
  permissions: row.permissions,
  createdAt: shanghaiText(row.created_at),
  expiresAt: shanghaiText(row.expires_at),
  revokedAt: instantOrNull(row.revoked_at),
  lastUsedAt: instantOrNull(row.last_used_at),
});
