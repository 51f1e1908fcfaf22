import { type Finding, finding } from './finding.ts';
import type { Snapshot } from './plausibility.ts';

const HOUR_S = 3_600;
/** Steps of the register that must be expected before its movement proves anything. */
const LEAST_STEPS = 5;
const FACTORS = [0.001, 0.01, 0.1, 10, 100, 1_000];

/**
 * What two reads some time apart prove: which register counts what flows now, and whether it counts as much as the power
 * says. Pure.
 *
 * @param stepKwh resolution of the energy registers
 */
export function judgeMovement(before: Snapshot, after: Snapshot, seconds: number, stepKwh: number): Finding[] {
  const imported = moved(before, after, 'energy.import');
  const exported = moved(before, after, 'energy.export') ?? 0;
  const power = ((before.power ?? Number.NaN) + (after.power ?? Number.NaN)) / 2;
  if (imported === undefined || Number.isNaN(power)) return [];
  const expected = (power * seconds) / HOUR_S;
  const [with_, against] = expected >= 0 ? [imported, exported] : [exported, imported];
  const seen = `in ${seconds.toFixed(1)} s import rose by ${imported} and export by ${exported} kWh at ${power} kW`;
  if (against > stepKwh && against > with_ * 2) return [finding('import-export-swapped', seen)];
  if (Math.abs(expected) < LEAST_STEPS * stepKwh) return [];
  if (with_ === 0) return [finding('register-still', `${seen}; ${Math.abs(expected)} kWh were expected`)];
  const ratio = Math.abs(expected) / with_;
  const factor = FACTORS.find((by) => Math.abs(ratio / by - 1) < 0.3);
  return factor ? [finding('wrong-scale', `${seen}: energy times ${factor} would fit the power`)] : [];
}

function moved(before: Snapshot, after: Snapshot, quantity: string): number | undefined {
  const [from, to] = [before[quantity], after[quantity]];
  return from === undefined || to === undefined ? undefined : Number((to - from).toFixed(6));
}
