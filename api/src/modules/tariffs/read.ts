import type { Db } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { readChildren } from '../../energy/parts.ts';
import type { Days } from '../../lib/day.ts';
import { calendarOverrides } from '../energy-reference/sql.ts';
import { contractsOf, powerFactorScales } from '../supply-contracts/sql.ts';
import { chargeOf, monthsOf, totalCny } from './charges.ts';
import { monthOfSupply } from './demand.ts';
import { type CostInput, costsOf } from './rules.ts';
import type { Costs } from './schema.ts';
import * as sql from './sql.ts';

/** Cost of an institution's electricity with the charges of its months, as of `now` or, if given, as known before. */
export async function readCosts(
  db: Db,
  id: number,
  days: Days,
  now: number,
  knownOn?: number,
): Promise<z.infer<typeof Costs>> {
  const reference = {
    knownOn,
    tariffs: await sql.electricityTariffs(db),
    assignments: await sql.assignmentsOf(db, id),
    overrides: await calendarOverrides(db, knownOn),
  };
  const energyOf = async (span: Days) =>
    costsOf({ ...reference, ...(await usesOf(db, id, span, knownOn)), days: span });
  const { whole, partial } = monthsOf(days);
  const contracts = await contractsOf(db, id);
  const scales = contracts.length === 0 ? [] : await powerFactorScales(db);
  const energy = await energyOf(days);
  const charges: z.infer<typeof Costs>['charges'] = [];
  for (const month of contracts.length === 0 ? [] : whole) {
    const isAll = month.from === days.from && month.to === days.to;
    const { tariffCny: energyCny } = isAll ? energy : await energyOf(month);
    const supply = await monthOfSupply(db, id, month, knownOn);
    const charge = chargeOf(month, { ...reference, contracts, scales, supply, energyCny });
    if (charge) charges.push(charge);
  }
  const children = await readChildren(db, [id], days, Math.min(now, knownOn ?? now), { knownOn });
  // bills are no part of what the meters' hours cost
  const missing = children.filter((one) => one.carrier === 'electricity' && one.meter && one.missing);
  return {
    ...energy,
    charges,
    partialMonths: contracts.length === 0 ? [] : partial,
    totalCny: totalCny(energy.tariffCny, charges),
    atLeast: missing.length > 0,
    missing: missing.map(({ name }) => name),
  };
}

async function usesOf(
  db: Db,
  id: number,
  days: Days,
  knownOn: number | undefined,
): Promise<Omit<CostInput, 'days' | 'tariffs' | 'assignments' | 'overrides' | 'knownOn'>> {
  return {
    hours: await sql.hourlyElectricity(db, id, days, knownOn),
    ...(await sql.estimatedElectricity(db, id, days, knownOn)),
    certain: await sql.certainElectricity(db, id, days, knownOn),
    billed: await sql.billedCost(db, id, days, knownOn),
  };
}
