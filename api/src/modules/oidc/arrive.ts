import { createHash } from 'node:crypto';
import { MINUTE } from '@ganzhi/schemas';
import { type Db, type Tx, withTx } from '@ganzhi/schemas/db';
import { newToken, openSession } from '../../auth/session.ts';
import { Refusal } from '../../errors/refuse.ts';
import { audit } from '../../lib/audit.ts';
import { provesSecondFactor, refuse } from '../sessions/login.ts';
import { admit } from '../sessions/rules.ts';
import { lockUser, saveAttempts } from '../sessions/sql.ts';
import { LOGIN } from '../users/schema.ts';
import type { Vouched } from './provider.ts';
import { addPending, dropPending, findPending, insertLinkedUser, type LinkedUser, linkedUser } from './sql.ts';

const PENDING_MS = 5 * MINUTE;

/** From where a request comes, and when. */
export interface From {
  address: string;
  agent?: string | undefined;
  now: number;
}

export type Arrival =
  | { kind: 'session'; token: string }
  /** Has a second factor here: its code comes next. */
  | { kind: 'code'; pending: string }
  | { kind: 'refused'; problem: 'no-account' | 'disabled' };

/**
 * What becomes of somebody whom the provider vouches for. Only an identity that an administrator has tied to a user opens his
 * account; a name or mail address that happens to be the same does not. Passwords' lock-out does not matter here: nothing was guessed.
 */
export function arrive(db: Db, vouched: Vouched, createUsers: boolean, from: From): Promise<Arrival> {
  const { address, now } = from;
  return withTx(db, async (tx): Promise<Arrival> => {
    const user = (await linkedUser(tx, vouched)) ?? (createUsers ? await createdUser(tx, vouched, from) : undefined);
    if (!user?.enabled || user.kind !== 'person') {
      // what the provider says of a stranger is not ours to believe, but the auditor's to read
      const after = { issuer: vouched.issuer, subject: vouched.subject };
      const actor = user?.login ?? 'unknown';
      await audit(tx, { actor, action: 'session.refuse', target: 'oidc', after, address });
      return { kind: 'refused', problem: user ? 'disabled' : 'no-account' };
    }
    const factorByProvider = vouched.manyFactors;
    if (user.totp_confirmed) {
      const pending = newToken();
      await addPending(tx, pending, { userId: user.id, factorByProvider }, { now, untilMs: now + PENDING_MS });
      return { kind: 'code', pending };
    }
    return { kind: 'session', token: await opened(tx, user, factorByProvider, from) };
  });
}

/**
 * The code of the second factor, after the provider. Counts as an attempt on the user like a wrong password does.
 *
 * @throws Refusal `too-many-requests` while locked, `wrong-credentials`, `not-authenticated` when there is nothing to complete
 */
export async function completed(db: Db, pending: string, code: string, from: From): Promise<string> {
  const { address, now } = from;
  const user = await withTx(db, async (tx) => {
    const waiting = await findPending(tx, pending, now);
    const known = waiting && (await lockUser(tx, { id: waiting.userId }));
    if (!known) throw nothingPending();
    const admission = admit(known.attempts, now);
    if (admission.locked) {
      throw new Refusal(
        'too-many-requests',
        { zh: '多次登录失败，已暂时锁定。', en: 'Too many failed log-ins; locked for a while.' },
        { retryAfterS: admission.retryAfterS },
      );
    }
    await saveAttempts(tx, known.id, admission.next);
    return { ...known, factorByProvider: waiting.factorByProvider };
  });
  const token = await withTx(db, async (tx) => {
    const living = await lockUser(tx, { id: user.id });
    if (!living?.enabled || !living.totp_confirmed || !(await provesSecondFactor(tx, living, code, now))) {
      return undefined;
    }
    if (!(await dropPending(tx, pending))) throw nothingPending();
    await saveAttempts(tx, user.id, { failures: 0, lockedUntil: null });
    return opened(tx, living, user.factorByProvider, from);
  });
  return token ?? refuse(db, user.login, { login: user.login, address });
}

async function opened(
  tx: Tx,
  { id, login }: { id: number; login: string },
  factorByProvider: boolean,
  { address, agent, now }: From,
): Promise<string> {
  const { token } = await openSession(tx, id, now, { address, agent, via: 'oidc', factorByProvider });
  await audit(tx, { actor: login, action: 'session.create', target: login, after: { via: 'oidc' }, address });
  return token;
}

const nothingPending = (): Refusal =>
  new Refusal('not-authenticated', {
    zh: '登录已超时，请重新从统一身份认证登录。',
    en: 'This log-in has timed out; begin again at the log-in of the organisation.',
  });

/** A user without any right. The login is the provider's when it fits and is free, else one made of the identity. */
async function createdUser(tx: Tx, vouched: Vouched, { address, now }: From): Promise<LinkedUser | undefined> {
  const { issuer, subject, name, preferredLogin } = vouched;
  const digest = createHash('sha256').update(`${issuer}\n${subject}`).digest('hex').slice(0, 16);
  const wanted = preferredLogin?.toLowerCase() ?? '';
  const displayName = (name ?? preferredLogin ?? digest).replaceAll('\0', '').slice(0, 100) || digest;
  const logins = [...(LOGIN.test(wanted) ? [wanted] : []), `oidc-${digest}`];
  for (const login of logins) {
    const made = await insertLinkedUser(tx, { login, displayName, issuer, subject }, now);
    if (!made) continue;
    await audit(tx, { actor: 'oidc', action: 'user.create', target: login, after: { issuer, subject }, address });
    return made;
  }
  return linkedUser(tx, vouched);
}
