import { dateText } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import { notFound } from '../../errors/refuse.ts';
import { followFamily } from '../virtual-meters/family.ts';
import { checkFact, cycleRefusal } from './rules.ts';
import * as sql from './sql.ts';

/**
 * Records role, parent and direction of a meter from a day on, in the caller's transaction. What depends on it is computed
 * anew: shared days of the meter, and the formulas of unexplained remainders above it. Trees, balances and totals ask for
 * the record in force on each day.
 *
 * @param at epoch milliseconds, written as recorded_at
 * @throws Refusal `not-found`, `invalid-request` naming the field
 */
export async function recordMeterFact(
  tx: Tx,
  meterId: number,
  fact: sql.FactValues,
  by: string,
  at: number,
): Promise<void> {
  await sql.lockTree(tx);
  const meter = await sql.placedMeter(tx, meterId);
  if (!meter) throw notFound();
  const parent = fact.parentId === null ? undefined : await sql.placedMeter(tx, fact.parentId);
  checkFact(meter, fact, parent, dateText(at));
  if (parent) {
    const path = await sql.pathUpTo(tx, parent.id, meterId, fact.validFrom);
    if (path) throw cycleRefusal(path);
  }
  const before = await sql.parentsFrom(tx, meterId, fact.validFrom);
  await sql.insertFact(tx, meterId, fact, by, at);
  for (const parentId of new Set([...before, ...(parent ? [parent.id] : [])])) {
    await followFamily(tx, parentId, fact, by, at);
  }
}
