import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';
import { estimateOpenGaps } from '../vee/open.ts';

/** Not at the start: after a stop of the service what gateways kept comes first, and takes the place of any estimate. */
const EVERY_MS = 10 * MINUTE;

/** Keeps the estimates of silent registers up to the last full hour, beside the rounds. */
export function startOpenGaps(db: Db, clock: () => number, logger: Logger): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    for (;;) {
      await sleep(EVERY_MS, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      try {
        const registers = await estimateOpenGaps(db, { now: clock() });
        if (registers > 0) logger.info({ registers }, 'hours of silent registers are estimated');
      } catch (error) {
        logger.error({ err: error }, 'the hours of silent registers could not be estimated; it is tried again');
      }
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
