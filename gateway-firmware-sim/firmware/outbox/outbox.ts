import type { Harvest } from './batch.ts';
import type { EventQueue } from './events.ts';

/** Live batches go out first; backlog is what happened before (history, an outage's replay). */
export type Lane = 'live' | 'backlog';

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
   * @returns what had to be dropped to make room
   */
  append(lane: Lane, harvest: Harvest, now: number, note?: { key: string; value: string }): Lost;
  /** Batches of a lane after `afterId`, oldest first. */
  next(lane: Lane, afterId: number, limit: number): StoredBatch[];
  /** Forgets a batch; false when it is not (or no longer) here. */
  remove(batch: string): boolean;
  /** Live batches made before `madeBefore` and not yet sent (`id` above `sentUpTo`) become backlog. @returns how many */
  demote(madeBefore: number, sentUpTo: number): number;
  /** Drops batches whose last reading is older than `before`. Only a clock that can be trusted may judge that. */
  expire(before: number): Lost;
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
