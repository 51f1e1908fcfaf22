import { GanzhiError } from '@ganzhi/schemas';
import { type Db, withTx } from '@ganzhi/schemas/db';
import { audit } from '../lib/audit.ts';
import { CreateToken } from '../modules/tokens/schema.ts';
import { createToken, revokeToken } from '../modules/tokens/tokens.ts';
import { CreateUser } from '../modules/users/schema.ts';
import { insertUser } from '../modules/users/sql.ts';
import { type Credentials, newPassword } from './administrator.ts';
import { hashPassword } from './password.ts';

/** What the operator of the machine does on the command line: he has the database, so no role is asked; all of it is audited. */
const actor = 'system';

/** @throws GanzhiError `invalid-request` for a login that cannot be one, `conflict` when it is taken */
export async function createUser(db: Db, wanted: { login: string; displayName: string }): Promise<Credentials> {
  const parsed = CreateUser.safeParse(wanted);
  if (!parsed.success)
    throw new GanzhiError(
      'invalid-request',
      parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
    );
  const password = newPassword();
  const passwordHash = await hashPassword(password);
  await withTx(db, async (tx) => {
    const id = await insertUser(tx, parsed.data, { passwordHash, now: Date.now() });
    if (id === undefined) throw new GanzhiError('conflict', `There is a user "${wanted.login}" already.`);
    await audit(tx, { actor, action: 'user.create', target: wanted.login });
  });
  return { login: wanted.login, password };
}

/** @throws GanzhiError `not-found` (user, role or division), `conflict` where duties must stay apart or the scope is empty */
export async function grantByOperator(
  db: Db,
  {
    login,
    role,
    wholeCity,
    division,
  }: { login: string; role: string; wholeCity: boolean; division?: string | undefined },
): Promise<void> {
  await withTx(db, async (tx) => {
    const { rowCount } = await tx.query(
      `insert into platform.assignment (user_id, role_code, whole_city, division_code, granted_by)
       select u.id, r.code, $3, $4, 'system' from platform.app_user u, platform.role r where u.login = $1 and r.code = $2`,
      [login, role, wholeCity, division ?? null],
    );
    if (rowCount !== 1) throw new GanzhiError('not-found', `There is no user "${login}" or no role "${role}".`);
    await audit(tx, { actor, action: 'role.grant', target: login, after: { role, wholeCity, division } });
  }).catch((error: { code?: string }) => {
    if (error.code === '23503') throw new GanzhiError('not-found', `There is no division "${division}".`);
    if (error.code === '23514')
      throw new GanzhiError('conflict', 'The role needs a scope: --whole-city or --division CODE.');
    if (error.code === 'GZ001') {
      throw new GanzhiError(
        'conflict',
        'System, security and audit administrators exclude one another and business roles.',
      );
    }
    throw error;
  });
}

/** @throws GanzhiError `not-found`, or `invalid-request` naming permissions or days */
export async function tokenForLogin(
  db: Db,
  login: string,
  wanted: { name: string; permissions: string[]; days: number },
  now: number,
) {
  const parsed = CreateToken.safeParse(wanted);
  if (!parsed.success)
    throw new GanzhiError(
      'invalid-request',
      parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
    );
  const { rows } = await db.query<{ id: number }>('select id from platform.app_user where login = $1', [login]);
  const [user] = rows;
  if (!user) throw new GanzhiError('not-found', `There is no user "${login}".`);
  return createToken(db, { id: user.id, login }, parsed.data, { actor, now });
}

/** @returns the login of the token's user */
export async function tokenRevoked(db: Db, id: number, now: number): Promise<string> {
  return withTx(db, async (tx) => {
    const login = await revokeToken(tx, id, now);
    if (login === undefined) throw new GanzhiError('not-found', `There is no living token ${id}.`);
    await audit(tx, { actor, action: 'token.revoke', target: login, after: { id } });
    return login;
  });
}
