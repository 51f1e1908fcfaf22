import { HOUR } from '@ganzhi/schemas';
import { runsOf, type Series } from './series.ts';

/**
 * When a replay reads the meter: twice per interval (at least twice an hour) within each run, both ends included, and
 * never inside a hole. So the register is known at every hour that rows cover, and a hole stays a hole.
 */
export function pollTimes(series: Series): number[] {
  const { intervalMs } = series;
  const step = intervalMs / (2 * Math.max(1, Math.ceil(intervalMs / HOUR)));
  return runsOf(series).flatMap(({ from, to }) => {
    const count = Math.round((to - from) / step);
    return Array.from({ length: count + 1 }, (_, i) => Math.round(from + i * step));
  });
}
