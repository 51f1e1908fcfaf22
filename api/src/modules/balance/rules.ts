import { addDays, BALANCE_LIMITS, balanceOf, rational } from '@ganzhi/analytics/rules';
import { BOOKED_COUNTER } from '@ganzhi/schemas';
import type { z } from 'zod';
import { type Placement, placementOn } from '../../energy/placements.ts';
import { lowest } from '../../energy/watermark.ts';
import { type Days, daysBetween } from '../../lib/day.ts';
import type { Balances, Tree } from './schema.ts';
import type { meterDays, TreeMeter } from './sql.ts';

/** What is known of an institution's meters over some days, and where they stood on each. */
export interface Stand {
  meters: readonly TreeMeter[];
  placements: ReadonlyMap<number, readonly Placement[]>;
  known: Awaited<ReturnType<typeof meterDays>>;
  days: Days;
  marks: ReadonlyMap<number, number | null>;
}
type Figure = Pick<
  z.infer<typeof Tree>['buildings'][number]['items'][number],
  'unit' | 'energy' | 'atLeast' | 'missing'
>;

const dayList = (days: Days): string[] => Array.from({ length: daysBetween(days) }, (_, i) => addDays(days.from, i));

/** Energy of a meter's day as it counts above it: what flows out is taken off. Null: not known. */
function energyOn({ known, placements }: Stand, meter: TreeMeter, day: string): rational.Rational | null {
  const row = known.get(`${meter.id}/${day}`);
  if (!row || row.disputed) return null;
  const energy = rational.decimal(row.energy);
  return placementOn(meter.id, placements, day)?.sign === -1 ? rational.negate(energy) : energy;
}

/** Every meter with sub-meters of its medium against them (V10, TV-21), day by day against the sub-meters of the day. */
export function balancesOf(stand: Stand): z.infer<typeof Balances>['items'] {
  const { meters, placements, days } = stand;
  const list = dayList(days);
  return meters.flatMap((parent) => {
    const isBelow = (meter: TreeMeter, day: string): boolean =>
      meter.medium === parent.medium && placementOn(meter.id, placements, day)?.parentId === parent.id;
    const children = meters.filter((meter) => list.some((day) => isBelow(meter, day)));
    // days without a single sub-meter, or with another holder, say nothing of a balance
    const isJudged = (day: string): boolean =>
      placementOn(parent.id, placements, day) !== undefined && children.some((child) => isBelow(child, day));
    const judged = list.filter(isJudged);
    if (judged.length === 0) return [];
    const limit = BALANCE_LIMITS[parent.medium] ?? rational.decimal('0.05');
    const {
      parent: total,
      children: below,
      residue,
      ...rest
    } = balanceOf(
      { code: parent.code, days: judged.map((day) => energyOn(stand, parent, day)) },
      children.map((child) => ({
        code: child.code,
        days: judged.map((day) => (isBelow(child, day) ? energyOn(stand, child, day) : rational.ZERO)),
      })),
      limit,
    );
    return [
      {
        meterId: parent.id,
        meterCode: parent.code,
        medium: parent.medium,
        unit: BOOKED_COUNTER[parent.medium].unit,
        days: judged.length,
        parent: total && rational.toNumber(total),
        children: rational.toNumber(below),
        residue: residue && rational.toNumber(residue),
        limit: rational.toNumber(limit),
        ...rest,
        missing: [...rest.missing],
        explanations: [...rest.explanations],
      },
    ];
  });
}

/** Energy of some meters, each on its days; a day that is not known makes the sum "at least". */
function figureOf(stand: Stand, of: readonly TreeMeter[], isCounted: (placement: Placement) => boolean): Figure {
  const list = dayList(stand.days);
  const known: rational.Rational[] = [];
  const missing = new Set<string>();
  for (const meter of of) {
    for (const day of list) {
      const placement = placementOn(meter.id, stand.placements, day);
      if (!placement || !isCounted(placement)) continue;
      const row = stand.known.get(`${meter.id}/${day}`);
      if (!row || row.disputed) missing.add(meter.code);
      if (!row) continue;
      const energy = rational.decimal(row.energy);
      known.push(placement.sign === -1 ? rational.negate(energy) : energy);
    }
  }
  const [first] = of;
  return {
    unit: first ? BOOKED_COUNTER[first.medium].unit : '',
    energy: known.length === 0 ? null : rational.toNumber(rational.sum(known)),
    atLeast: missing.size > 0,
    missing: [...missing],
  };
}

/** Energy of a group of one medium: of each day the topmost meters only, since what stands below one of them is in it. */
function groupFigure(stand: Stand, group: readonly TreeMeter[]): Figure {
  const ids = new Set(group.map(({ id }) => id));
  return figureOf(stand, group, ({ parentId }) => parentId === null || !ids.has(parentId));
}

const byMedium = (of: readonly TreeMeter[]) => Array.from(Map.groupBy(of, ({ medium }) => medium));

/** Institution, building, item, meter; each level with its own total by medium. */
export function treeOf(stand: Stand): z.infer<typeof Tree> {
  const { meters, placements, days, marks } = stand;
  const lastRole = (meter: TreeMeter) => placements.get(meter.id)?.at(-1)?.role ?? 'sub';
  const here = (of: readonly TreeMeter[]) =>
    of.flatMap(({ id }) => (placements.get(id)?.at(-1)?.toDay === 'infinity' ? [id] : []));
  const totals = (of: readonly TreeMeter[]) =>
    byMedium(of).map(([medium, group]) => ({ medium, ...groupFigure(stand, group) }));
  const items = (of: readonly TreeMeter[]) =>
    Array.from(Map.groupBy(of, ({ medium, itemCode }) => `${medium}/${itemCode ?? ''}`).values(), (group) => ({
      medium: group[0]?.medium ?? '',
      itemCode: group[0]?.itemCode ?? null,
      ...groupFigure(stand, group),
      meters: group.map((meter) => ({
        meterId: meter.id,
        code: meter.code,
        nameZh: meter.nameZh,
        nameEn: meter.nameEn,
        role: lastRole(meter),
        watermark: lowest(marks, [meter.id]),
        ...figureOf(stand, [meter], () => true),
      })),
    }));
  const buildings = Array.from(
    Map.groupBy(meters, ({ buildingId }) => buildingId),
    ([id, group]) => ({
      id,
      nameZh: group[0]?.buildingZh ?? null,
      nameEn: group[0]?.buildingEn ?? null,
      watermark: lowest(marks, here(group)),
      totals: totals(group),
      items: items(group),
    }),
  );
  const institution = byMedium(meters).map(([medium, group]) => ({
    medium,
    ...figureOf(stand, group, ({ role }) => role === 'main'),
  }));
  return { from: days.from, to: days.to, watermark: lowest(marks, here(meters)), totals: institution, buildings };
}
