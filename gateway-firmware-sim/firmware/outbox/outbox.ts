import type { Harvest } from './batch.ts';
import type { EventQueue } from './events.ts';

/**
 * Live batches go out first; backlog is what happened before (history, an outage's replay). Held back is what was stamped by
 * a clock that nobody has confirmed: it joins the others when its stamps are right.
 */
export type Lane = OpenLane | 'held';
/** What may go out. */
export type OpenLane = 'live' | 'backlog';

/** How the stamps of a harvest came about: the monotonic count of a boot plus an offset. */
export interface Stamp {
  bootId: string;
  offsetMs: number;
  state: 'unset' | 'unconfirmed' | 'confirmed';
}

/** What the server's time says: the present boot's monotonic count plus this is right. */
export interface Truth {
  bootId: string;
  offsetMs: number;
}

/** What became of batches that were held back. */
export interface Healed {
  /** Stamps corrected, or found right. */
  batches: number;
  /** Sent as they are: of an earlier boot, whose clock looked right. */
  unchecked: number;
  /** Sent for quarantine: nobody can tell any more when they were read. */
  flagged: number;
}

export interface Depth {
  batches: number;
  readings: number;
  bytes: number;
}

export interface StoredBatch {
  /** Rises with each batch; a cursor over a lane. */
  id: number;
  batch: string;
  payload: string;
  readings: number;
}

/** What had to go unsent, and the time it covered (epoch ms of its readings; absent when nothing went). */
export interface Lost {
  batches: number;
  readings: number;
  fromAt?: number;
  toAt?: number;
}

/**
 * The gateway's memory: batches wait here until the server says "stored".
 *
 * Bounded by bytes and by age. What has to go, goes oldest first, is counted, and is reported as an event that itself waits
 * here until the server has it: nothing is lost silently.
 */
export interface Outbox {
  /**
   * Stores a harvest as one or more batches in one transaction, together with a note when given (a producer's cursor).
   * On a disk that takes no more the batches are kept in memory, and go to disk as soon as it does.
   *
   * @param stamp keeps the batches back unless its state is `confirmed`; without one the stamps are beyond doubt
   * @returns what had to be dropped to make room
   */
  append(lane: OpenLane, harvest: Harvest, now: number, note?: { key: string; value: string }, stamp?: Stamp): Lost;
  /** The server has told the time: gives what is held back its right stamps, some at a time, and lets it go. */
  heal(truth: Truth): Promise<Healed>;
  /** The server tells no time: lets go what a clock stamped that looks right. */
  release(): void;
  /** Batches of a lane after `afterId`, oldest first. */
  next(lane: Lane, afterId: number, limit: number): StoredBatch[];
  /** Forgets a batch; false when it is not (or no longer) here. */
  remove(batch: string): boolean;
  /** Live batches made before `madeBefore` and not yet sent (`id` above `sentUpTo`) become backlog. @returns how many */
  demote(madeBefore: number, sentUpTo: number): number;
  /** Drops batches whose last reading is older than `before`. Only a clock that can be trusted may judge that. */
  expire(before: number): Lost;
  /** Bytes it may hold from the next append on. */
  limit(maxBytes: number): void;
  depth(lane?: Lane): Depth;
  /** Earliest reading time of the lane heads, or undefined when empty. */
  oldestAt(): number | undefined;
  note(key: string): string | undefined;
  /** Batches dropped since the outbox was made. */
  droppedBatches(): number;
  /** What the server is to be told about this gateway. */
  readonly events: EventQueue;
  /** Called after every append and remove; returns the way to stop listening. */
  onChange(listener: () => void): () => void;
  close(): void;
}
