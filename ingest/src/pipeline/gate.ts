/**
 * Bounds the memory of messages on their way. Beyond the bound a message waits as it came, unparsed and unacknowledged: the
 * broker reads no further from that connection, so the pressure reaches the gateway, whose outbox is made for it.
 */
export class Gate {
  readonly #capacity: number;
  #used = 0;
  /** In order of arrival; who leaves is deleted at once, or an outage of hours would collect every reconnection. */
  readonly #waiting = new Set<{ bytes: number; admit: () => void }>();

  /** @param capacity bytes of payload */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Resolves when there is room. Rejects when the sender leaves before: it will send again. */
  enter(bytes: number, sender: AbortSignal): Promise<void> {
    if (sender.aborted) return Promise.reject(sender.reason);
    if (this.#waiting.size === 0 && this.#used < this.#capacity) {
      this.#used += bytes;
      return Promise.resolve();
    }
    return new Promise((done, refuse) => {
      const left = (): void => {
        this.#waiting.delete(entry);
        refuse(sender.reason);
      };
      const entry = {
        bytes,
        admit: () => {
          sender.removeEventListener('abort', left);
          done();
        },
      };
      sender.addEventListener('abort', left, { once: true });
      this.#waiting.add(entry);
    });
  }

  leave(bytes: number): void {
    this.#used -= bytes;
    for (const entry of this.#waiting) {
      if (this.#used >= this.#capacity) return;
      this.#waiting.delete(entry);
      this.#used += entry.bytes;
      entry.admit();
    }
  }
}
