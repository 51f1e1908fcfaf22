import { MINUTE, SECOND } from '@ganzhi/schemas';
import { type Db, withTx } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';
import { judgeCohort } from './rules.ts';
import {
  advanceRollout,
  anyRunning,
  cohortFigures,
  keepCheck,
  lockRunningRollouts,
  markSilent,
  stopRollout,
} from './sql.ts';

/** Beyond its trial, for the download and the way back. */
const PATIENCE_S = 1_800;
const PAUSE_MS = MINUTE;

/**
 * Looks once at every running roll-out: stops it, lets it wait, or opens the next cohort.
 *
 * @param now epoch milliseconds
 * @returns how many were stopped
 */
export async function judgeRollouts(db: Db, now: number): Promise<number> {
  if (!(await anyRunning(db))) return 0;
  return withTx(db, async (tx) => {
    let stopped = 0;
    for (const rollout of await lockRunningRollouts(tx)) {
      await markSilent(tx, rollout.id, now, PATIENCE_S);
      const figures = await cohortFigures(tx, rollout.id, now);
      const stageOver = now >= rollout.stageStartedAt + rollout.soakS * SECOND;
      const verdict = judgeCohort(figures, { maxDrop: rollout.maxDrop, stageOver });
      await keepCheck(tx, rollout, figures, verdict.verdict, now);
      if (verdict.verdict === 'stop') {
        await stopRollout(tx, rollout.id, verdict.reason);
        stopped += 1;
      } else if (verdict.verdict === 'good') await advanceRollout(tx, rollout, now);
    }
    return stopped;
  });
}

/** Judges every minute until `stop`. */
export function startRollouts(db: Db, clock: () => number, logger: Logger): { stop(): Promise<void> } {
  let under: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    try {
      const stopped = await judgeRollouts(db, clock());
      if (stopped > 0) logger.warn({ stopped }, 'firmware roll-outs stopped: completeness fell or gateways failed');
    } catch (error) {
      logger.error({ err: error }, 'roll-outs could not be judged; tried again');
    }
  };
  const timer = setInterval(() => {
    under ??= look().finally(() => {
      under = undefined;
    });
  }, PAUSE_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await under;
    },
  };
}
