/** Other meters that bear out what one did not tell: the first choice of an estimate (domain handbook §4). */

/** Energy of whole measured hours of one meter, in the unit of its medium, by start of the hour. */
export type EnergyHours = ReadonlyMap<number, number>;

export interface EstimateReferences {
  /** Energy of one count of the register in question, ratio included. */
  readonly energyPerCount: number;
  /** Meters on the same flow, the one put on record last first. */
  readonly checks: readonly EnergyHours[];
  readonly parent?: EnergyHours | undefined;
  /** Every other meter below the same parent. */
  readonly siblings: readonly EnergyHours[];
  /** Every meter directly below. */
  readonly children: readonly EnergyHours[];
}

export interface ReferenceHours {
  readonly method: 'check-meter' | 'siblings' | 'children';
  /** Energy of each wanted hour. */
  readonly hours: EnergyHours;
  /** Energy of all hours that every meter behind it has told. */
  readonly before: EnergyHours;
}

/** A residue that is negative by more than this share of what is positive belongs to another fault. */
const NEGATIVE_SHARE = 0.1;

/** The references that know every wanted hour, in the handbook's order. */
export function referenceHours(
  references: EstimateReferences | undefined,
  wanted: readonly number[],
): ReferenceHours[] {
  if (!references) return [];
  const { checks, parent, siblings, children } = references;
  const all: { method: ReferenceHours['method']; hours: EnergyHours }[] = [
    ...checks.map((hours) => ({ method: 'check-meter' as const, hours })),
    ...(parent ? [{ method: 'siblings' as const, hours: combined(parent, siblings, -1) }] : []),
    ...children
      .slice(0, 1)
      .map((first) => ({ method: 'children' as const, hours: combined(first, children.slice(1), 1) })),
  ];
  return all.flatMap(({ method, hours }) => {
    if (!wanted.every((hour) => hours.has(hour))) return [];
    const values = wanted.map((hour) => hours.get(hour) ?? 0);
    const negative = values.reduce((sum, value) => sum + Math.max(0, -value), 0);
    const positive = values.reduce((sum, value) => sum + Math.max(0, value), 0);
    if (negative > NEGATIVE_SHARE * positive) return [];
    const usable = new Map(wanted.map((hour, i) => [hour, Math.max(0, values[i] ?? 0)]));
    return [{ method, hours: usable, before: hours }];
  });
}

/** Hour by hour one series with others added or taken off, where all of them know the hour. */
function combined(first: EnergyHours, others: readonly EnergyHours[], sign: 1 | -1): EnergyHours {
  const result = new Map<number, number>();
  for (const [hour, energy] of first) {
    let sum = energy;
    let isKnown = true;
    for (const other of others) {
      const value = other.get(hour);
      if (value === undefined) isKnown = false;
      else sum += sign * value;
    }
    if (isKnown) result.set(hour, sum);
  }
  return result;
}
