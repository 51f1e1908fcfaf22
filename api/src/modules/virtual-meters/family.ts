import { remainderFormula } from '@ganzhi/analytics/rules';
import type { Tx } from '@ganzhi/schemas/db';
import * as sql from './sql.ts';
import { storeFormula } from './store.ts';

/**
 * Brings the remainders below a meter in line with its sub-meters, from a day on: another formula from each day on which the
 * family was another. Formulas that say so already stay.
 *
 * @param change what was recorded: from when, and by which document
 */
export async function followFamily(
  tx: Tx,
  parentId: number,
  change: { validFrom: string; sourceDocument: string },
  by: string,
  at: number,
): Promise<void> {
  for (const remainder of await sql.remaindersOf(tx, parentId)) {
    const { beginsOn, parentCode } = remainder;
    const [, first = beginsOn] = [change.validFrom, beginsOn].toSorted();
    const days = [first, ...(await sql.familyDays(tx, parentId, first))];
    for (const day of new Set(days)) {
      const formula = remainderFormula(parentCode, await sql.childrenOn(tx, parentId, day));
      if ((await sql.formulaOn(tx, remainder.id, day)) === formula) continue;
      await storeFormula(tx, remainder, { formula, validFrom: day, sourceDocument: change.sourceDocument }, by, at);
    }
  }
}
