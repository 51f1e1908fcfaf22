import type { MeterItem } from '../../api/types.ts';

/** Meters with each one's children below it, and how deep it stands; a meter whose parent is not listed stands at the top. */
export function inTreeOrder(meters: readonly MeterItem[]): { meter: MeterItem; depth: number }[] {
  const ids = new Set(meters.map((meter) => meter.id));
  const below = Map.groupBy(meters, (meter) =>
    meter.parentId !== null && ids.has(meter.parentId) ? meter.parentId : null,
  );
  const walk = (parent: number | null, depth: number): { meter: MeterItem; depth: number }[] =>
    (below.get(parent) ?? []).flatMap((meter) => [{ meter, depth }, ...walk(meter.id, depth + 1)]);
  return walk(null, 0);
}

/** A meter is late when its last reading is older than two of its intervals: one may be on its way. */
export const isLate = (meter: MeterItem): boolean => meter.ageS !== null && meter.ageS > 2 * meter.intervalS;
