import { DAY, HOUR } from '@ganzhi/schemas';

/** Like days that are averaged. */
const LIKE_DAYS = 4;
const OFFSET = 8 * HOUR;

const timeOfDay = (hour: number): number => (((hour + OFFSET) % DAY) + DAY) % DAY;

/**
 * For each hour the mean counts of the same hour of the last like days (workday or not) around a time, of any days when there
 * is no like one; undefined where that hour was never seen.
 */
export function likeDayHours(
  parts: readonly { readonly hour: number }[],
  fromTs: number,
  { known, isWorkday }: { known: ReadonlyMap<number, bigint>; isWorkday: (ts: number) => boolean },
): (number | undefined)[] {
  const byTimeOfDay = Map.groupBy(known, ([start]) => timeOfDay(start));
  return parts.map(({ hour }) => {
    const all = byTimeOfDay.get(timeOfDay(hour)) ?? [];
    const like = all.filter(([start]) => isWorkday(start) === isWorkday(hour));
    const nearest = (like.length > 0 ? like : all)
      .toSorted(([a], [b]) => Math.abs(a - fromTs) - Math.abs(b - fromTs))
      .slice(0, LIKE_DAYS);
    if (nearest.length === 0) return undefined;
    return nearest.reduce((sum, [, counts]) => sum + Number(counts), 0) / nearest.length;
  });
}
