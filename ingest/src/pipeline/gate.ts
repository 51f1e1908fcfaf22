/**
 * Bounds the memory of messages on their way. Beyond the bound a message waits as it came, unparsed and unacknowledged: the
 * broker reads no further from that connection, so the pressure reaches the gateway, whose outbox is made for it.
 */
export class Gate {
  readonly #capacity: number;
  #used = 0;
  #waiting: { bytes: number; isGone: () => boolean; admit: (admitted: boolean) => void }[] = [];

  /** @param capacity bytes of payload */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * @param isGone true when nobody waits for the answer any more: the sender has left and will send again
   * @returns false when the sender left while waiting
   */
  async enter(bytes: number, isGone: () => boolean): Promise<boolean> {
    if (this.#waiting.length === 0 && this.#used < this.#capacity) {
      this.#used += bytes;
      return true;
    }
    return new Promise((admit) => this.#waiting.push({ bytes, isGone, admit }));
  }

  leave(bytes: number): void {
    this.#used -= bytes;
    let admitted = 0;
    for (const { bytes: wanted, isGone, admit } of this.#waiting) {
      if (this.#used >= this.#capacity) break;
      admitted += 1;
      const gone = isGone();
      if (!gone) this.#used += wanted;
      admit(!gone);
    }
    if (admitted > 0) this.#waiting = this.#waiting.slice(admitted);
  }
}
