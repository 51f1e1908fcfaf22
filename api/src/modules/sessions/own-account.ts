import { MINUTE } from '@ganzhi/schemas';
import { type Db, withTx } from '@ganzhi/schemas/db';
import { hashPassword, verifyPassword } from '../../auth/password.ts';
import { passwordFault } from '../../auth/password-rules.ts';
import { acceptedStep, enrolmentUri, newRecoveryCodes, newSecret } from '../../auth/second-factor.ts';
import type { Session } from '../../auth/session.ts';
import { Refusal, wrongField } from '../../errors/refuse.ts';
import { audit } from '../../lib/audit.ts';
import { endSessions, lockUser, savePassword, saveSecondFactor, type UserRow, useStep } from './sql.ts';

const FRESH_MS = 10 * MINUTE;

/** What a person does with his own account. Each step asks for the password again or for a code. */
interface Asked {
  session: Session;
  address: string;
  now: number;
}

/**
 * A new password by the policy, which ends the other sessions.
 *
 * @throws Refusal `wrong-credentials` for the old one, `invalid-request` naming `next` for a new one that the policy refuses
 */
export async function changePassword(
  db: Db,
  { session, address, now }: Asked,
  { current, next }: { current: string; next: string },
): Promise<void> {
  const { id, login } = session.user;
  const user = await provenUser(db, session, current, now);
  if (user.password_hash === null) throw noPassword();
  const fault = passwordFault(next, login, session.policy);
  if (fault) throw wrongField('next', fault);
  const earlier = [user.password_hash ?? '', ...user.password_history].slice(0, session.policy.passwordHistory);
  for (const hash of earlier) {
    if (await verifyPassword(next, hash)) {
      throw wrongField('next', { zh: '不得使用近期用过的密码。', en: 'This password was used lately; take another.' });
    }
  }
  const hash = await hashPassword(next);
  await withTx(db, async (tx) => {
    await lockUser(tx, { id });
    await savePassword(tx, id, { hash, history: earlier, temporary: false, now });
    await endSessions(tx, id, { except: session.login?.id });
    await audit(tx, { actor: login, action: 'user.change-password', target: login, address });
  });
}

/** A secret for an authenticator program; it counts only after `confirmSecondFactor`. */
export async function beginSecondFactor(
  db: Db,
  { session, address, now }: Asked,
  password: string | undefined,
): Promise<{ secret: string; uri: string }> {
  const { id, login } = session.user;
  await provenUser(db, session, password, now);
  const secret = newSecret();
  await withTx(db, async (tx) => {
    const user = await lockUser(tx, { id });
    if (user?.totp_confirmed) {
      throw new Refusal('conflict', {
        zh: '双因素登录已启用；如需更换，请先停用。',
        en: 'A second factor is set up already; take it away first to change it.',
      });
    }
    await saveSecondFactor(tx, id, { secret, confirmed: false, recovery: [] });
    await audit(tx, { actor: login, action: 'second-factor.begin', target: login, address });
  });
  return { secret, uri: enrolmentUri(secret, login) };
}

/** @throws Refusal `invalid-request` naming `code` */
export async function confirmSecondFactor(
  db: Db,
  { session, address, now }: Asked,
  code: string,
): Promise<{ recoveryCodes: string[] }> {
  const { id, login } = session.user;
  const { codes, digests } = newRecoveryCodes();
  await withTx(db, async (tx) => {
    const user = await lockUser(tx, { id });
    const step = user?.totp_secret && !user.totp_confirmed ? acceptedStep(user.totp_secret, code, now) : undefined;
    if (!user?.totp_secret || step === undefined) {
      throw wrongField('code', {
        zh: '动态码不正确，请核对手机时间。',
        en: 'This is not the code of this moment; check the clock of your phone.',
      });
    }
    await saveSecondFactor(tx, id, { secret: user.totp_secret, confirmed: true, recovery: digests });
    await useStep(tx, id, step);
    await audit(tx, { actor: login, action: 'second-factor.confirm', target: login, address });
  });
  return { recoveryCodes: codes };
}

export async function removeSecondFactor(
  db: Db,
  { session, address, now }: Asked,
  password: string | undefined,
): Promise<void> {
  const { id, login } = session.user;
  await provenUser(db, session, password, now);
  await withTx(db, async (tx) => {
    await saveSecondFactor(tx, id, { secret: null, confirmed: false, recovery: [] });
    await audit(tx, { actor: login, action: 'second-factor.remove', target: login, address });
  });
}

/**
 * The caller, who has just shown that it is himself: by his password, or without one by a log-in at the organisation that is fresh.
 *
 * @throws Refusal `forbidden` for programs and for log-ins that are not fresh, `wrong-credentials`
 */
async function provenUser(
  db: Db,
  { login, user: { id } }: Session,
  password: string | undefined,
  now: number,
): Promise<UserRow> {
  const user = login && (await withTx(db, (tx) => lockUser(tx, { id })));
  if (!user) throw noPassword();
  if (user.password_hash === null) {
    if (login.via === 'oidc' && now - login.openedAt <= FRESH_MS) return user;
    throw new Refusal('forbidden', {
      zh: '请退出后重新从统一身份认证登录，并在十分钟内操作。',
      en: 'Log in again at the organisation and do this within ten minutes.',
    });
  }
  if (password === undefined || !(await verifyPassword(password, user.password_hash))) {
    throw new Refusal('wrong-credentials', { zh: '密码不正确。', en: 'The password is wrong.' });
  }
  return user;
}

const noPassword = (): Refusal =>
  new Refusal('forbidden', {
    zh: '此账号不使用本系统的密码。',
    en: 'This account has no password here.',
  });
