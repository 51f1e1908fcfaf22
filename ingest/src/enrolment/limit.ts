import { MINUTE } from '@ganzhi/schemas';

const MAX_ADDRESSES = 20_000;

/**
 * Requests of one address in a minute, counted in memory. A whole city may stand behind one address, so the limit is for floods;
 * what it protects is a person's attention, and the database.
 */
export class AddressLimit {
  readonly #perMinute: number;
  #minute = Number.NEGATIVE_INFINITY;
  #counts = new Map<string, number>();

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** @returns false when the address has had its share of this minute */
  take(address: string, now: number): boolean {
    const minute = Math.floor(now / MINUTE);
    if (minute !== this.#minute || this.#counts.size >= MAX_ADDRESSES) this.#counts = new Map();
    this.#minute = minute;
    const count = (this.#counts.get(address) ?? 0) + 1;
    this.#counts.set(address, count);
    return count <= this.#perMinute;
  }
}
