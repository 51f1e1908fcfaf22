import { type Admission, type Attempts, admit } from './rules.ts';

const REMEMBERED = 10_000;

/**
 * Attempts that belong to no row: on names that nobody has (they lock like real ones, so that the lock does not tell which
 * names exist) and of addresses. In memory, because a stranger must not be able to fill a table.
 */
export class AttemptMemory {
  readonly #attempts = new Map<string, Attempts>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  admit(key: string, now: number): Admission {
    const admission = admit(this.#attempts.get(key) ?? { failures: 0, lockedUntil: null }, now, this.#most);
    if (!admission.locked) this.#remember(key, admission.next);
    return admission;
  }

  forget(key: string): void {
    this.#attempts.delete(key);
  }

  #remember(key: string, attempts: Attempts): void {
    this.#attempts.delete(key);
    this.#attempts.set(key, attempts);
    const [oldest] = this.#attempts.keys();
    if (this.#attempts.size > REMEMBERED && oldest !== undefined) this.#attempts.delete(oldest);
  }
}
