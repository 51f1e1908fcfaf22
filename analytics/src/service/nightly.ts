import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';
import { nextProof, proveEverything } from '../check/nightly.ts';
import type { Metrics } from './metrics.ts';

export interface Nightly {
  /** Ends after the proof that is running. */
  stop(): Promise<void>;
}

/** Proves the whole ledger every night, beside the rounds; one count of difference is logged as an error and shown as a metric. */
export function startNightly(db: Db, clock: () => number, metrics: Metrics, logger: Logger): Nightly {
  const stopping = new AbortController();
  const prove = async () => {
    const stopTimer = metrics.duration.startTimer({ queue: 'conservation' });
    try {
      const { meters, pendingMarks, differences } = await proveEverything(db, clock);
      stopTimer();
      metrics.differences.set(differences.length);
      metrics.jobs.inc({ queue: 'conservation', result: 'ok' });
      const found = { meters, pendingMarks, differences: differences.length, first: differences[0]?.meterCode };
      if (differences.length > 0) logger.error(found, 'the ledger differs from the raw readings; run "ganzhi check"');
      else logger.info(found, 'the ledger is proved from the raw readings');
    } catch (error) {
      metrics.jobs.inc({ queue: 'conservation', result: 'failed' });
      logger.error({ err: error }, 'the nightly proof of the ledger failed; it is tried again tomorrow');
    }
  };
  const run = async () => {
    let due = nextProof(clock());
    while (!stopping.signal.aborted) {
      await sleep(MINUTE, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
      if (stopping.signal.aborted || clock() < due) continue;
      await prove();
      due = nextProof(clock());
    }
  };
  const ended = run();
  return {
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}
