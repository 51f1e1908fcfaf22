import { createHash, randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';

/** Time-based one-time passwords, RFC 6238: SHA-1, 6 digits, 30 s, as every authenticator program has them. */
const PERIOD_S = 30;
/** A phone's clock may be one step off to either side (RFC 6238 §5.2). */
const WINDOW = 1;
const RECOVERY_CODES = 10;

export const newSecret = (): string => new Secret({ size: 20 }).base32;

const totpOf = (secret: string, label = ''): TOTP =>
  new TOTP({ issuer: 'Ganzhi 感知', label, secret: Secret.fromBase32(secret), period: PERIOD_S, digits: 6 });

/** What an authenticator program reads from a QR code. */
export const enrolmentUri = (secret: string, login: string): string => totpOf(secret, login).toString();

/** The time step whose code this is, or undefined. A step is accepted once: the caller keeps the last one. */
export function acceptedStep(secret: string, code: string, nowMs: number): number | undefined {
  const delta = totpOf(secret).validate({ token: code, timestamp: nowMs, window: WINDOW });
  return delta === null ? undefined : Math.floor(nowMs / 1_000 / PERIOD_S) + delta;
}

/** The code of a moment; for tests and for people who set up a program by hand. */
export const codeAt = (secret: string, nowMs: number): string => totpOf(secret).generate({ timestamp: nowMs });

/** Codes for the day when the phone is gone; shown once, each good once. 80 random bits, so a fast hash is enough. */
export function newRecoveryCodes(): { codes: string[]; digests: Buffer[] } {
  const codes = Array.from({ length: RECOVERY_CODES }, () => {
    const hex = randomBytes(10).toString('hex');
    return `${hex.slice(0, 5)}-${hex.slice(5, 10)}-${hex.slice(10, 15)}-${hex.slice(15)}`;
  });
  return { codes, digests: codes.map(recoveryDigest) };
}

export const recoveryDigest = (code: string): Buffer => createHash('sha256').update(code.trim().toLowerCase()).digest();
