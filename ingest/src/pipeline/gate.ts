export type Lane = 'live' | 'replay';

interface Waiting {
  bytes: number;
  admit: () => void;
}

const LIVE_ROOM = 1.125;

/**
 * Bounds the memory of messages on their way. Beyond the bound a message waits as it came, unparsed and unacknowledged: the
 * broker reads no further from that connection, so the pressure reaches the gateway, whose outbox is made for it.
 *
 * Live values do not queue behind a backlog: they are let in first, and have room that replayed messages cannot take.
 */
export class Gate {
  readonly #capacity: number;
  #used = 0;
  /** In order of arrival; who leaves is deleted at once, or an outage of hours would collect every reconnection. */
  readonly #waiting = { live: new Set<Waiting>(), replay: new Set<Waiting>() };

  /** @param capacity bytes of payload; live messages may use an eighth more */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get waiting(): number {
    return this.#waiting.live.size + this.#waiting.replay.size;
  }

  /** Resolves when there is room. Rejects when the sender leaves before: it will send again. */
  enter(bytes: number, sender: AbortSignal, lane: Lane = 'live'): Promise<void> {
    if (sender.aborted) return Promise.reject(sender.reason);
    if (this.#waiting[lane].size === 0 && this.#hasRoom(lane)) {
      this.#used += bytes;
      return Promise.resolve();
    }
    return new Promise((done, refuse) => {
      const left = (): void => {
        this.#waiting[lane].delete(entry);
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
      this.#waiting[lane].add(entry);
    });
  }

  leave(bytes: number): void {
    this.#used -= bytes;
    for (const lane of ['live', 'replay'] as const) {
      for (const entry of this.#waiting[lane]) {
        if (!this.#hasRoom(lane)) break;
        this.#waiting[lane].delete(entry);
        this.#used += entry.bytes;
        entry.admit();
      }
    }
  }

  #hasRoom(lane: Lane): boolean {
    return this.#used < (lane === 'live' ? this.#capacity * LIVE_ROOM : this.#capacity);
  }
}

const HEAD_BYTES = 256;

/**
 * The lane of a message that nobody has parsed yet: our gateways say in the head whether it is replayed. Only the order of
 * waiting hangs on it, so a false hint does no harm.
 */
export const laneOf = (payload: Buffer): Lane =>
  payload.subarray(0, HEAD_BYTES).includes('"replay":true') ? 'replay' : 'live';
