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
 * a meter that failed altogether for one reason is named in `errors` once, otherwise with each point that failed.
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
      errors.push(...failuresOf(code, t, result));
    }
  };
  await Promise.all([...Map.groupBy(meters, ({ driver }) => driver.bus).values()].map(readInTurn));
  return { readings, errors };
}

function failuresOf(m: string, t: number, { values, failures, withoutValue }: ReadResult): ReadFailure[] {
  const [first] = failures;
  if (!first) return [];
  const isWhole = values.length + withoutValue.length === 0 && failures.every(({ code }) => code === first.code);
  return isWhole ? [{ m, t, code: first.code }] : failures.map(({ quantity, code }) => ({ m, p: quantity, t, code }));
}
