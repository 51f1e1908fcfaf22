import type { Outcome } from './message.ts';

/**
 * A message between its acceptance and its commit, and the senders who wait for it: one as a rule, more when a gateway
 * reconnected and sent it again meanwhile. A sender who leaves is forgotten; the message stays.
 */
export class UnderWay {
  readonly #waiting = new Set<{ settle: (outcome: Outcome) => void; fail: (error: unknown) => void }>();

  /** Resolves after the commit; rejects when the message was given up or the sender left. */
  wait(sender: AbortSignal): Promise<Outcome> {
    if (sender.aborted) return Promise.reject(sender.reason);
    return new Promise((done, refuse) => {
      const left = (): void => {
        this.#waiting.delete(entry);
        refuse(sender.reason);
      };
      const entry = {
        settle: (outcome: Outcome) => {
          sender.removeEventListener('abort', left);
          done(outcome);
        },
        fail: (error: unknown) => {
          sender.removeEventListener('abort', left);
          refuse(error);
        },
      };
      sender.addEventListener('abort', left, { once: true });
      this.#waiting.add(entry);
    });
  }

  settle(outcome: Outcome): void {
    for (const entry of this.#waiting) entry.settle(outcome);
  }

  fail(error: unknown): void {
    for (const entry of this.#waiting) entry.fail(error);
  }
}
