import { MINUTE } from '@ganzhi/schemas';

export const MAX_FAILURES = 5;
/** A house behind one address has many people; a guesser behind one address has many names. */
export const MAX_FAILURES_OF_ADDRESS = 50;
export const LOCK_MS = 5 * MINUTE;

export interface Attempts {
  failures: number;
  /** Epoch milliseconds; null when not locked. */
  lockedUntil: number | null;
}

export type Admission = { locked: true; retryAfterS: number } | { locked: false; next: Attempts };

/**
 * Counts an attempt before the password is looked at, so that many guesses at once cannot slip through together. The
 * fifth attempt in a row locks; a right password sets everything back.
 */
export function admit({ failures, lockedUntil }: Attempts, now: number, most = MAX_FAILURES): Admission {
  if (lockedUntil !== null && lockedUntil > now) {
    return { locked: true, retryAfterS: Math.ceil((lockedUntil - now) / 1_000) };
  }
  const count = (lockedUntil === null ? failures : 0) + 1;
  return { locked: false, next: { failures: count, lockedUntil: count >= most ? now + LOCK_MS : null } };
}
