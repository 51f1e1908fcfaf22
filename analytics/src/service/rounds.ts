import { MINUTE } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';
import { type Round, recomputeDirty, recomputeLanes } from '../ledger/recompute.ts';

/** How long a meter whose figures break the ledger is left out before it is tried again. */
const HOLD_MS = 10 * MINUTE;

export interface Rounds {
  /** One round over all meters that are not held back. Throws what is not the fault of a single meter. */
  run(): Promise<Round>;
  /** Meters held back now. */
  heldBack(): readonly number[];
}

/**
 * Rounds in which one meter's impossible figures cost only its own ledger: when a round fails on data, the meters are
 * tried one by one, and those that fail are held back with their marks.
 */
export function createRounds(db: Db, clock: () => number, logger: Logger): Rounds {
  const held = new Map<number, number>();
  const heldBack = () => {
    for (const [meterId, until] of held) if (until <= clock()) held.delete(meterId);
    return [...held.keys()];
  };

  const oneByOne = async (): Promise<void> => {
    const { rows } = await db.query<{ meterId: number }>(
      `select distinct meter_id as "meterId" from metering.dirty_span where not meter_id = any($1::int4[])`,
      [heldBack()],
    );
    for (const { meterId } of rows) {
      try {
        await recomputeDirty(db, { now: clock(), onlyMeters: [meterId] });
      } catch (error) {
        if (!isDataError(error)) throw error;
        held.set(meterId, clock() + HOLD_MS);
        logger.error(
          { err: error, meterId },
          'the ledger of a meter cannot be computed; it is held back with its marks',
        );
      }
    }
  };

  return {
    heldBack,
    run: async () => {
      try {
        return await recomputeLanes(db, { now: clock(), exceptMeters: heldBack() });
      } catch (error) {
        if (!isDataError(error)) throw error;
        await oneByOne();
        return recomputeLanes(db, { now: clock(), exceptMeters: heldBack() });
      }
    },
  };
}

/** SQLSTATE class 22 (data exception, such as a sum beyond int8) and 23 (constraint): retrying alone will not help. */
function isDataError(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^2[23]/.test(code);
}
