import { type Db, withTx } from '@ganzhi/schemas/db';
import { verifyNothing, verifyPassword } from '../../auth/password.ts';
import { openSession } from '../../auth/session.ts';
import { Refusal } from '../../errors/refuse.ts';
import { audit } from '../../lib/audit.ts';
import { type Admission, type Attempts, admit } from './rules.ts';
import { lockUser, saveAttempts, type UserRow } from './sql.ts';

const REMEMBERED_NAMES = 10_000;

/**
 * Attempts on names that nobody has. They lock like real ones, so that the lock does not tell which names exist; in memory,
 * because a stranger must not be able to fill a table.
 */
export class UnknownNames {
  readonly #attempts = new Map<string, Attempts>();

  admit(login: string, now: number): Admission {
    const admission = admit(this.#attempts.get(login) ?? { failures: 0, lockedUntil: null }, now);
    if (!admission.locked) this.#remember(login, admission.next);
    return admission;
  }

  #remember(login: string, attempts: Attempts): void {
    this.#attempts.delete(login);
    this.#attempts.set(login, attempts);
    const [oldest] = this.#attempts.keys();
    if (this.#attempts.size > REMEMBERED_NAMES && oldest !== undefined) this.#attempts.delete(oldest);
  }
}

export interface LoginRequest {
  login: string;
  password: string;
  address: string;
  now: number;
}

/**
 * @throws Refusal `too-many-requests` while locked, or `wrong-credentials`
 */
export async function logIn(db: Db, unknown: UnknownNames, request: LoginRequest) {
  const { login, password, address, now } = request;
  const user = await admitted(db, unknown, login, now);
  const right = user ? await verifyPassword(password, user.passwordHash) : await verifyNothing(password);
  if (!user || !right) {
    await audit(db, { actor: user ? login : 'unknown', action: 'session.refuse', target: login, address });
    throw new Refusal('wrong-credentials', {
      zh: '请核对用户名和密码。',
      en: 'Check the user name and the password.',
    });
  }
  return withTx(db, async (tx) => {
    await saveAttempts(tx, user.id, { failures: 0, lockedUntil: null });
    const session = await openSession(tx, user.id, now);
    await audit(tx, { actor: login, action: 'session.create', target: login, address });
    return { ...session, user };
  });
}

/** Counts the attempt; the user, or undefined when there is none of this name. */
function admitted(db: Db, unknown: UnknownNames, login: string, now: number): Promise<UserRow | undefined> {
  return withTx(db, async (tx) => {
    const user = await lockUser(tx, login);
    const admission = user ? admit(user.attempts, now) : unknown.admit(login, now);
    if (admission.locked) {
      throw new Refusal(
        'too-many-requests',
        { zh: '多次登录失败，账号已暂时锁定。', en: 'Too many failed log-ins; this user is locked for a while.' },
        { retryAfterS: admission.retryAfterS },
      );
    }
    if (user) await saveAttempts(tx, user.id, admission.next);
    return user;
  });
}
