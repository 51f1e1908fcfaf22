import type { Tx } from '@ganzhi/schemas/db';
import { checkOperands, readFormula } from './rules.ts';
import * as sql from './sql.ts';

/**
 * Reads, checks and stores one version of a formula.
 *
 * @throws Refusal `invalid-request` naming what is wrong with it
 */
export async function storeFormula(
  tx: Tx,
  own: { id: number; code: string; medium: string },
  version: { formula: string; validFrom: string; sourceDocument: string },
  by: string,
  at: number,
): Promise<void> {
  const linear = readFormula(version.formula);
  const operands = await sql.operandsOf(tx, [...linear.terms.keys()]);
  checkOperands(own, linear, operands, await sql.virtualGraph(tx));
  await sql.insertFormula(tx, { virtualId: own.id, ...version, by, at }, linear, operands);
}
