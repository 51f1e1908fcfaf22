import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';
import { type Detect, type Looked, lookAtDue, lookForSilence } from './look.ts';

export interface Alarms {
  /** Both looks once, now. */
  look(): Promise<Looked>;
  /** Ends after the group that is being looked at. */
  stop(): Promise<void>;
}

/** Silence is looked for every two minutes, all else when an institution is due. */
const EVERY_MS = 2 * MINUTE;
const LOOKS_BETWEEN_DUE = 5;

/** Keeps the alarms in line with the data, beside the rounds of the ledger; a look that fails is tried again at the next. */
export function startAlarms(options: { db: Db; detect: Detect; clock: () => number; logger: Logger }): Alarms {
  const { db, detect, clock, logger } = options;
  const stopping = new AbortController();
  const isStopping = () => stopping.signal.aborted;
  const onFailure = (institutionId: number, error: unknown) =>
    logger.error({ err: error, institutionId }, 'the detectors could not look at an institution; they try again');
  const once = async (withDue: boolean): Promise<Looked> => {
    const now = clock();
    const live = await lookForSilence(db, now);
    const nothing = { institutions: 0, opened: 0, reopened: 0, confirmed: 0 };
    const due = withDue ? await lookAtDue(db, detect, { now, isStopping, onFailure }) : nothing;
    return {
      institutions: due.institutions,
      opened: live.opened + due.opened,
      reopened: live.reopened + due.reopened,
      confirmed: live.confirmed + due.confirmed,
    };
  };
  const run = async (): Promise<void> => {
    for (let n = 0; ; n += 1) {
      await sleep(EVERY_MS, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
      if (isStopping()) return;
      try {
        const looked = await once(n % LOOKS_BETWEEN_DUE === 0);
        if (looked.opened + looked.reopened + looked.confirmed > 0) logger.info(looked, 'alarms changed');
      } catch (error) {
        logger.error({ err: error }, 'the detectors could not look; they try again');
      }
    }
  };
  const ended = run();
  return {
    look: () => once(true),
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}
