import { HOUR, hourStart } from '@ganzhi/schemas';
import type { Series } from './series.ts';

/** What went in during one clock hour. */
export interface TrueHour {
  kwh: number;
  /** Rows cover the whole hour; otherwise the hour is a gap in part, and its ledger entry must not claim to be whole. */
  full: boolean;
}

/** Energy of a series by hour (start, epoch ms). An interval that crosses the hour is split in proportion. */
export function hourlyTruth({ rows, intervalMs }: Series): Map<number, TrueHour> {
  const sums = new Map<number, { kwh: number; coveredMs: number }>();
  for (const { start, kwh } of rows) {
    const end = start + intervalMs;
    for (let hour = hourStart(start); hour < end; hour += HOUR) {
      const ms = Math.min(end, hour + HOUR) - Math.max(start, hour);
      const sum = sums.get(hour) ?? { kwh: 0, coveredMs: 0 };
      sums.set(hour, { kwh: sum.kwh + (kwh * ms) / intervalMs, coveredMs: sum.coveredMs + ms });
    }
  }
  return new Map([...sums].map(([hour, { kwh, coveredMs }]) => [hour, { kwh, full: coveredMs >= HOUR }]));
}
