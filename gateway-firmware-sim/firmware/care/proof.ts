import type { BatchAck } from '@ganzhi/schemas';
import type { Harvest } from '../outbox/index.ts';

/** What something new must show before it may stay: its meters are read, and the server has stored what was read. */
export interface Proof {
  harvested(harvest: Harvest): void;
  acknowledged(ack: BatchAck): void;
  /** Nothing is missing any more. */
  holds(): boolean;
  /** What is missing, in words. */
  missing(): string;
}

/**
 * @param since epoch milliseconds; older batches prove nothing
 * @param meters codes of all meters; without meters there is nothing to prove but a connection
 * @param mustRead meters that could be read before: each must be read again
 */
export function createProof(since: number, meters: readonly string[], mustRead: ReadonlySet<string>): Proof {
  const unread = new Set(meters.filter((code) => mustRead.has(code)));
  let anyRead = meters.length === 0;
  let stored = meters.length === 0;
  return {
    harvested({ readings }) {
      for (const { m } of readings) {
        unread.delete(m);
        anyRead = true;
      }
    },
    acknowledged({ batch, status }) {
      if (anyRead && status === 'stored' && madeAt(batch) >= since) stored = true;
    },
    holds: () => anyRead && stored && unread.size === 0,
    missing: () => {
      if (!anyRead) return 'no meter could be read';
      if (unread.size > 0) return `meters that were read before are silent: ${[...unread].slice(0, 5).join(', ')}`;
      return 'the server acknowledged none of the new readings as stored';
    },
  };
}

/** Time of making of a UUID version 7, epoch milliseconds. */
const madeAt = (uuid: string): number => Number.parseInt(uuid.replaceAll('-', '').slice(0, 12), 16);
