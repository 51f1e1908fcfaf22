import { type Db, type Tx, withTx } from '@ganzhi/schemas/db';
import { verifyNothing, verifyPassword } from '../../auth/password.ts';
import { acceptedStep, recoveryDigest } from '../../auth/second-factor.ts';
import { openSession } from '../../auth/session.ts';
import { Refusal } from '../../errors/refuse.ts';
import { audit } from '../../lib/audit.ts';
import { AttemptMemory } from './attempts.ts';
import { type Admission, admit, MAX_FAILURES, MAX_FAILURES_OF_ADDRESS } from './rules.ts';
import { lockUser, saveAttempts, type UserRow, useRecoveryCode, useStep } from './sql.ts';

export interface Memories {
  names: AttemptMemory;
  addresses: AttemptMemory;
}

export const newMemories = (): Memories => ({
  names: new AttemptMemory(MAX_FAILURES),
  addresses: new AttemptMemory(MAX_FAILURES_OF_ADDRESS),
});

export interface LoginRequest {
  login: string;
  password: string;
  code?: string | undefined;
  address: string;
  agent?: string | undefined;
  now: number;
}

/**
 * Opens a session for a name, a password and, where one is set up, a second factor.
 *
 * @throws Refusal `too-many-requests` while the name or the address is locked, `wrong-credentials`, or
 * `second-factor-required` when the password is right and the code is missing
 */
export async function logIn(db: Db, memories: Memories, request: LoginRequest) {
  const { login, password, address, agent, now } = request;
  const user = await admitted(db, memories, request);
  const right = user?.password_hash
    ? await verifyPassword(password, user.password_hash)
    : await verifyNothing(password);
  if (!user?.enabled || !right) return refuse(db, user ? login : 'unknown', request);
  if (user.totp_confirmed && request.code === undefined) {
    throw new Refusal('second-factor-required', {
      zh: '请输入验证器中的六位动态码，或一个恢复码。',
      en: 'Enter the six digits of your authenticator, or a recovery code.',
    });
  }
  const opened = await withTx(db, async (tx) => {
    if (user.totp_confirmed && !(await provesSecondFactor(tx, user, request.code ?? '', now))) return undefined;
    await saveAttempts(tx, user.id, { failures: 0, lockedUntil: null });
    const session = await openSession(tx, user.id, now, { address, agent });
    await audit(tx, { actor: login, action: 'session.create', target: login, address });
    return session;
  });
  if (!opened) return refuse(db, login, request);
  memories.addresses.forget(address);
  return opened;
}

/** @throws Refusal `wrong-credentials`, on record */
export async function refuse(
  db: Db,
  actor: string,
  { login, address }: Pick<LoginRequest, 'login' | 'address'>,
): Promise<never> {
  await audit(db, { actor, action: 'session.refuse', target: login, address });
  throw new Refusal('wrong-credentials', {
    zh: '请核对用户名、密码和验证码。',
    en: 'Check the user name, the password and the code.',
  });
}

/** A code of the authenticator, accepted once, or a recovery code, which is then gone. */
export async function provesSecondFactor(tx: Tx, user: UserRow, code: string, now: number): Promise<boolean> {
  if (/^\d{6}$/.test(code)) {
    const step = acceptedStep(user.totp_secret ?? '', code, now);
    return step !== undefined && useStep(tx, user.id, step);
  }
  return useRecoveryCode(tx, user.id, recoveryDigest(code));
}

/** Counts the attempt against the address and the name; the user, or undefined when there is none of this name. */
async function admitted(
  db: Db,
  memories: Memories,
  { login, address, now }: LoginRequest,
): Promise<UserRow | undefined> {
  passed(memories.addresses.admit(address, now));
  return withTx(db, async (tx) => {
    const user = await lockUser(tx, { login });
    const next = passed(user ? admit(user.attempts, now) : memories.names.admit(login, now));
    if (user) await saveAttempts(tx, user.id, next);
    return user;
  });
}

function passed(admission: Admission) {
  if (!admission.locked) return admission.next;
  throw new Refusal(
    'too-many-requests',
    { zh: '多次登录失败，已暂时锁定。', en: 'Too many failed log-ins; locked for a while.' },
    { retryAfterS: admission.retryAfterS },
  );
}
