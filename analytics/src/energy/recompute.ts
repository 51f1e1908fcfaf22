import { type Db, withTx } from '@ganzhi/schemas/db';
import { refreshAllocatedDays } from './allocated-days.ts';
import { takeDayMarks } from './marks.ts';
import { refreshVirtualDays } from './virtual-days.ts';

export interface EnergyRound {
  /** Marks consumed; 0 says that the queue was empty. */
  readonly marks: number;
  readonly virtualDays: number;
  readonly allocatedDays: number;
}

/**
 * One round above the ledger: takes marked days off the queue and computes what stands on them. One transaction, so a crash
 * leaves marks and figures as they were. One round at a time in the whole database: an older view of a day must not
 * overwrite a newer one.
 */
export async function recomputeEnergy(db: Db, now: number): Promise<EnergyRound> {
  return withTx(db, async (tx) => {
    await tx.query('select pg_advisory_xact_lock(72190421)');
    const marks = await takeDayMarks(tx);
    if (marks.length === 0) return { marks: 0, virtualDays: 0, allocatedDays: 0 };
    return {
      marks: marks.length,
      virtualDays: await refreshVirtualDays(tx, marks, now),
      allocatedDays: await refreshAllocatedDays(tx, marks, now),
    };
  });
}

/** Rounds until no mark waits. */
export async function settleEnergy(db: Db, now: number): Promise<void> {
  while ((await recomputeEnergy(db, now)).marks > 0);
}
