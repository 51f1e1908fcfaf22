import { fromCounts, GanzhiError, MAX_DECIMALS, toCounts } from '@ganzhi/schemas';

/** Energy as an exact integer of 10^-9 units: the database's decimal text in, a JSON number out, nothing lost between. */

/** @throws GanzhiError `internal` when the text is no decimal in range: the ledger would be broken */
export function energyOf(decimal: string): bigint {
  const energy = toCounts(decimal, MAX_DECIMALS);
  if (energy === undefined) throw new GanzhiError('internal', `"${decimal}" is not an energy`);
  return energy;
}

export const energyNumber = (energy: bigint): number => Number(fromCounts(energy, MAX_DECIMALS));

export const energyOrNull = (energy: bigint | null): number | null => (energy === null ? null : energyNumber(energy));
