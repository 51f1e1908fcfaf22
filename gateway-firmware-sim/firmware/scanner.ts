import type { ReadFailure, Reading } from '@ganzhi/schemas';
import type { MeterDriver, ReadResult } from './drivers/driver.ts';
import type { Harvest } from './outbox/index.ts';

export interface ScannedMeter {
  code: string;
  intervalMs: number;
  driver: MeterDriver;
}

/** What metrics want to know of one read. */
export type ReadObserver = (driver: MeterDriver, durationMs: number, result: ReadResult) => void;

/**
 * Reads meters: those on one bus one after the other, buses in parallel. What was read is kept whatever else failed;
 * a meter with a failed point is named in `errors` once, with its first code.
 *
 * @param at time stamp of a meter's readings, asked when its read begins
 */
export async function scanMeters(
  meters: readonly ScannedMeter[],
  at: () => number,
  observe: ReadObserver = () => undefined,
): Promise<Harvest> {
  const readings: Reading[] = [];
  const errors: ReadFailure[] = [];
  const readInTurn = async (queue: readonly ScannedMeter[]) => {
    for (const { code, driver } of queue) {
      const t = at();
      const started = performance.now();
      const result = await driver.read();
      observe(driver, performance.now() - started, result);
      for (const { quantity, value, quality } of result.values)
        readings.push({ m: code, p: quantity, t, x: value, q: quality });
      const [failure] = result.failures;
      if (failure) errors.push({ m: code, t, code: failure.code });
    }
  };
  await Promise.all([...Map.groupBy(meters, ({ driver }) => driver.bus).values()].map(readInTurn));
  return { readings, errors };
}
