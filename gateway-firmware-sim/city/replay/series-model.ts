import { HOUR } from '@ganzhi/schemas';
import type { MeterModel } from '../model/meter-model.ts';
import type { Series } from './series.ts';

/**
 * A meter whose register follows a series: from zero, along a line inside each interval, standing still in a hole.
 */
export function createSeriesModel({ rows, intervalMs }: Series): MeterModel {
  const starts = rows.map(({ start }) => start);
  const before: number[] = [];
  let total = 0;
  for (const { kwh } of rows) {
    before.push(total);
    total += kwh;
  }
  /** The last row that starts at or before `t`, and the share of it that has passed. */
  const rowAt = (t: number) => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] ?? 0) <= t) low = middle + 1;
      else high = middle;
    }
    const row = rows[low - 1];
    return row ? { row, index: low - 1, share: Math.min(1, (t - row.start) / intervalMs) } : undefined;
  };
  return {
    energyKwh(t) {
      const at = rowAt(t);
      return at ? (before[at.index] ?? 0) + at.row.kwh * at.share : 0;
    },
    powerKw(t) {
      const at = rowAt(t);
      return at && at.share < 1 ? (at.row.kwh * HOUR) / intervalMs : 0;
    },
  };
}
