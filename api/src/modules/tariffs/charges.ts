import {
  basicCharge,
  inForce,
  powerFactorOf,
  powerFactorShare,
  rational,
  TariffContent,
  timeline,
} from '@ganzhi/analytics/rules';
import type { z } from 'zod';
import { addMonths, type Days } from '../../lib/day.ts';
import type { ContractRow, DatedScale } from '../supply-contracts/sql.ts';
import type { MonthOfSupply } from './demand.ts';
import type { CostInput } from './rules.ts';
import type { MonthCharge } from './schema.ts';

export interface ChargeInput extends Pick<CostInput, 'tariffs' | 'assignments' | 'knownOn'> {
  contracts: readonly ContractRow[];
  scales: readonly DatedScale[];
  supply: MonthOfSupply | undefined;
  /** Cost of the month's energy; null: not priced. */
  energyCny: number | null;
}

/** Calendar months that lie whole in a span, and those that it only touches: charges are by the month. */
export function monthsOf({ from, to }: Days): { whole: Days[]; partial: string[] } {
  const whole: Days[] = [];
  const partial: string[] = [];
  for (let month = `${from.slice(0, 7)}-01`; month < to; month = addMonths(month, 1)) {
    const end = addMonths(month, 1);
    if (month >= from && end <= to) whole.push({ from: month, to: end });
    else partial.push(month.slice(0, 7));
  }
  return { whole, partial };
}

/**
 * Basic charge and power factor adjustment of a month by the contract, tariff and scale in force on its first day (domain
 * handbook §2.10); undefined without a contract. The adjustment is of energy and basic charge together.
 */
export function chargeOf(month: Days, input: ChargeInput): z.infer<typeof MonthCharge> | undefined {
  const { supply, knownOn } = input;
  const contract = inForce(timeline(input.contracts, knownOn), month.from);
  if (!contract) return undefined;
  const assignment = inForce(timeline(input.assignments, knownOn), month.from);
  const versions = input.tariffs.filter(({ code }) => code === assignment?.tariffCode);
  const tariff = inForce(timeline(versions, knownOn), month.from);
  const prices = tariff && TariffContent.parse(tariff.content).capacity;
  const demand = supply?.demandKw ? rational.decimal(supply.demandKw) : null;
  const amount = (text: string | null) => (text === null ? null : rational.decimal(text));
  const terms = {
    basis: contract.basis,
    capacityKva: amount(contract.capacityKva),
    demandKw: amount(contract.demandKw),
  };
  const basic = basicCharge(prices, terms, demand);
  const factor = factorOf(contract, supply);
  const scales = input.scales.filter(({ standard }) => standard === contract.powerFactorStandard);
  const scale = inForce(timeline(scales, knownOn), month.from);
  const share = factor !== null && scale ? powerFactorShare(scale, factor) : null;
  const due =
    input.energyCny === null || !basic ? null : rational.add(rational.decimal(input.energyCny.toFixed(2)), basic);
  const adjustment =
    contract.powerFactorStandard === null ? rational.ZERO : share && due && rational.multiply(share, due);
  return {
    month: month.from.slice(0, 7),
    basis: contract.basis,
    capacityKva: contract.capacityKva,
    contractDemandKw: contract.demandKw,
    measuredDemandKw: demand && rational.toNumber(demand, 3),
    demandAtLeast: supply?.demandAtLeast ?? false,
    basicCny: basic && rational.toNumber(basic, 2),
    powerFactor: factor === null ? null : factor / 100,
    powerFactorStandard: contract.powerFactorStandard,
    withoutReactive: contract.powerFactorStandard === null ? [] : (supply?.withoutReactive ?? []),
    adjustmentShare: share && rational.toNumber(share),
    adjustmentCny: adjustment && rational.toNumber(adjustment, 2),
    versions: { contract: contract.id, tariff: tariff?.id ?? null, scale: scale?.id ?? null },
  };
}

function factorOf(contract: ContractRow, supply: MonthOfSupply | undefined): number | null {
  if (contract.powerFactorStandard === null || !supply || supply.withoutReactive.length > 0) return null;
  return powerFactorOf(Number(supply.activeKwh ?? 0), Number(supply.reactiveKvarh ?? 0));
}

/** Energy, basic charge and adjustment; null when any part of a whole month is not known. */
export function totalCny(energyCny: number | null, months: readonly z.infer<typeof MonthCharge>[]): number | null {
  const parts = [energyCny, ...months.flatMap(({ basicCny, adjustmentCny }) => [basicCny, adjustmentCny])];
  if (parts.includes(null)) return null;
  return rational.toNumber(rational.sum(parts.map((part) => rational.decimal((part ?? 0).toFixed(2)))), 2);
}
