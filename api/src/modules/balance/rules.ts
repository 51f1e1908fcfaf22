import { addDays, BALANCE_LIMITS, balanceOf, rational } from '@ganzhi/analytics/rules';
import { BOOKED_COUNTER } from '@ganzhi/schemas';
import type { z } from 'zod';
import { type Days, daysBetween } from '../../lib/day.ts';
import type { Balances, Tree } from './schema.ts';
import type { meterDays, TreeMeter } from './sql.ts';

type Known = Awaited<ReturnType<typeof meterDays>>;
type Figure = Pick<
  z.infer<typeof Tree>['buildings'][number]['items'][number],
  'unit' | 'energy' | 'atLeast' | 'missing'
>;

const dayList = (days: Days): string[] => Array.from({ length: daysBetween(days) }, (_, i) => addDays(days.from, i));

/** Every meter with sub-meters of its medium against them (V10, TV-21). */
export function balancesOf(meters: readonly TreeMeter[], known: Known, days: Days): z.infer<typeof Balances>['items'] {
  const list = dayList(days);
  const series = ({ id, code }: TreeMeter) => ({
    code,
    days: list.map((day) => {
      const row = known.get(`${id}/${day}`);
      return row && !row.disputed ? rational.decimal(row.energy) : null;
    }),
  });
  return meters.flatMap((parent) => {
    const children = meters.filter((meter) => meter.parentId === parent.id && meter.medium === parent.medium);
    if (children.length === 0) return [];
    const limit = BALANCE_LIMITS[parent.medium] ?? rational.decimal('0.05');
    const { parent: total, children: below, residue, ...rest } = balanceOf(series(parent), children.map(series), limit);
    return [
      {
        meterId: parent.id,
        meterCode: parent.code,
        medium: parent.medium,
        unit: BOOKED_COUNTER[parent.medium].unit,
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

/**
 * Institution, building, item, meter. An item adds its topmost meters only: what stands below one of them is in it already.
 */
export function treeOf(meters: readonly TreeMeter[], known: Known, days: Days): z.infer<typeof Tree> {
  const list = dayList(days);
  const figure = (of: readonly TreeMeter[]): Figure => {
    const rows = of.flatMap(({ id }) => list.flatMap((day) => known.get(`${id}/${day}`) ?? []));
    const missing = of
      .filter(({ id }) => list.some((day) => known.get(`${id}/${day}`)?.disputed ?? true))
      .map(({ code }) => code);
    const energy = rows.length === 0 ? null : rational.sum(rows.map((row) => rational.decimal(row.energy)));
    const [first] = of;
    return {
      unit: first ? BOOKED_COUNTER[first.medium].unit : '',
      energy: energy && rational.toNumber(energy),
      atLeast: missing.length > 0,
      missing,
    };
  };
  const items = (of: readonly TreeMeter[]) =>
    Array.from(Map.groupBy(of, ({ medium, itemCode }) => `${medium}/${itemCode ?? ''}`).values(), (group) => {
      const ids = new Set(group.map(({ id }) => id));
      const top = group.filter(({ parentId }) => parentId === null || !ids.has(parentId));
      return {
        medium: group[0]?.medium ?? '',
        itemCode: group[0]?.itemCode ?? null,
        ...figure(top),
        meters: group.map(({ id, code, nameZh, nameEn, role, ...meter }) => ({
          meterId: id,
          code,
          nameZh,
          nameEn,
          role,
          ...figure([{ id, code, nameZh, nameEn, role, ...meter }]),
        })),
      };
    });
  const buildings = Array.from(
    Map.groupBy(meters, ({ buildingId }) => buildingId),
    ([id, group]) => ({
      id,
      nameZh: group[0]?.buildingZh ?? null,
      nameEn: group[0]?.buildingEn ?? null,
      items: items(group),
    }),
  );
  return { from: days.from, to: days.to, buildings };
}
