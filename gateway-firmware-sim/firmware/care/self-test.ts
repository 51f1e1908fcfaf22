import { statfsSync } from 'node:fs';
import type { Harvest } from '../outbox/index.ts';

export interface SelfTestInput {
  dataDir: string;
  outbox: { batches: number; readings: number; bytes: number };
  meters: readonly string[];
  harvest: Harvest;
  configuration: number;
  firmware: string;
  now: number;
}

/** The answer to `self-test`: what works and what does not, meter by meter. */
export function selfTestResult(input: SelfTestInput): Record<string, unknown> {
  const { dataDir, outbox, meters, harvest, configuration, firmware, now } = input;
  const { bavail, bsize } = statfsSync(dataDir);
  const failures = new Map(harvest.errors.map(({ m, code }) => [m, code]));
  const read = new Set(harvest.readings.map(({ m }) => m));
  const failing = meters.filter((code) => failures.has(code) || !read.has(code));
  return {
    ok: failing.length === 0,
    wallClock: now,
    configuration,
    firmware,
    diskFreeBytes: bavail * bsize,
    outbox,
    metersRead: meters.length - failing.length,
    // the whole list of a large gateway would not fit beside an answer
    metersFailing: failing.slice(0, 100).map((code) => ({ meter: code, code: failures.get(code) ?? 'no-value' })),
  };
}
