import { Turns } from './turns.ts';

export type Lane = 'live' | 'replay';

/** Somebody who asks to be let in. */
export interface Entry {
  bytes: number;
  gatewayId: number;
  /** Aborted when the sender has left. */
  sender: AbortSignal;
  lane: Lane;
}

interface Waiting {
  bytes: number;
  gatewayId: number;
  admit: () => void;
}

const LIVE_ROOM = 1.125;
/** Of the room, what one gateway may hold: the rest is there for the others however much it sends. */
const GATEWAY_SHARE = 1 / 8;

/**
 * Bounds the memory of messages on their way. Beyond the bound a message waits as it came, unparsed and unacknowledged: the
 * broker reads no further from that connection, so the pressure reaches the gateway, whose outbox is made for it.
 *
 * Live values do not queue behind a backlog: they are let in first, and have room that replayed messages cannot take. And
 * nobody queues behind a gateway that sends a hundred times its share: it may hold an eighth of the room, and waits by turns.
 */
export class Gate {
  readonly #capacity: number;
  #used = 0;
  readonly #held = new Map<number, number>();
  /** Who leaves is deleted at once, or an outage of hours would collect every reconnection. */
  readonly #waiting = { live: new Turns<Waiting>(), replay: new Turns<Waiting>() };

  /** @param capacity bytes of payload; live messages may use an eighth more */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get waiting(): number {
    return this.#waiting.live.size + this.#waiting.replay.size;
  }

  /** Resolves when there is room. Rejects when the sender leaves before: it will send again. */
  enter({ bytes, gatewayId, sender, lane }: Entry): Promise<void> {
    if (sender.aborted) return Promise.reject(sender.reason);
    // while there is room, whoever waits is over its own share, and is no reason to wait
    if (this.#mayHold(gatewayId) && this.#hasRoom(lane)) {
      this.#take(gatewayId, bytes);
      return Promise.resolve();
    }
    return new Promise((done, refuse) => {
      const left = (): void => {
        this.#waiting[lane].delete(gatewayId, entry);
        refuse(sender.reason);
      };
      const entry = {
        bytes,
        gatewayId,
        admit: () => {
          sender.removeEventListener('abort', left);
          done();
        },
      };
      sender.addEventListener('abort', left, { once: true });
      this.#waiting[lane].push(gatewayId, entry);
    });
  }

  leave(gatewayId: number, bytes: number): void {
    this.#used -= bytes;
    const held = (this.#held.get(gatewayId) ?? 0) - bytes;
    if (held > 0) this.#held.set(gatewayId, held);
    else this.#held.delete(gatewayId);
    for (const lane of ['live', 'replay'] as const) {
      while (this.#hasRoom(lane)) {
        const entry = this.#waiting[lane].next((waiting) => this.#mayHold(waiting.gatewayId));
        if (!entry) break;
        this.#take(entry.gatewayId, entry.bytes);
        entry.admit();
      }
    }
  }

  #take(gatewayId: number, bytes: number): void {
    this.#used += bytes;
    this.#held.set(gatewayId, (this.#held.get(gatewayId) ?? 0) + bytes);
  }

  #hasRoom(lane: Lane): boolean {
    return this.#used < (lane === 'live' ? this.#capacity * LIVE_ROOM : this.#capacity);
  }

  #mayHold(gatewayId: number): boolean {
    return (this.#held.get(gatewayId) ?? 0) < this.#capacity * GATEWAY_SHARE;
  }
}

const HEAD_BYTES = 256;

/**
 * The lane of a message that nobody has parsed yet: our gateways say in the head whether it is replayed. Only the order of
 * waiting hangs on it, so a false hint does no harm.
 */
export const laneOf = (payload: Buffer): Lane =>
  payload.subarray(0, HEAD_BYTES).includes('"replay":true') ? 'replay' : 'live';
