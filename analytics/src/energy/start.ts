import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';
import { bookManualReadings } from './manual-readings.ts';
import { recomputeEnergy, settleEnergy } from './recompute.ts';

export interface Energy {
  /** Hands confirmed manual readings to the ledger. */
  bookManual(): Promise<number>;
  /** Resolves when no day is marked that was at the call. */
  settle(): Promise<void>;
  /** Ends after the round that is running. */
  stop(): Promise<void>;
}

/**
 * Keeps what stands above the ledger in line with it: manual readings handed down, virtual meters and allocations computed.
 * By itself, so that a formula that fails never holds up the ledger; its marks stay and are tried again.
 */
export function startEnergy(options: { db: Db; clock: () => number; tickMs: number; logger: Logger }): Energy {
  const { db, clock, tickMs, logger } = options;
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    let failing = false;
    while (!stopping.signal.aborted) {
      try {
        await bookManualReadings(db, clock());
        const { marks } = await recomputeEnergy(db, clock());
        if (failing) logger.info('energy rounds work again');
        failing = false;
        if (marks > 0) continue;
      } catch (error) {
        if (!failing) logger.error({ err: error }, 'energy round failed; it is tried again');
        failing = true;
      }
      await sleep(tickMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const ended = run();
  return {
    bookManual: () => bookManualReadings(db, clock()),
    settle: () => settleEnergy(db, clock()),
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}
