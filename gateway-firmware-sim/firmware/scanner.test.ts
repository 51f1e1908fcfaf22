import { expect, test } from 'vitest';
import type { MeterDriver, ReadResult } from './drivers/driver.ts';
import { scanMeters } from './scanner.ts';

const NOTHING: ReadResult = { values: [], failures: [], withoutValue: [] };
const good = (value: number): ReadResult => ({ ...NOTHING, values: [{ quantity: 'power', value, quality: 0 }] });
const dead: ReadResult = {
  ...NOTHING,
  failures: [
    { quantity: 'power', code: 'read-timeout' },
    { quantity: 'frequency', code: 'read-timeout' },
  ],
};

function meter(code: string, bus: string, read: () => Promise<ReadResult>) {
  const driver: MeterDriver = {
    protocol: 'test',
    bus,
    open: async () => undefined,
    read,
    close: async () => undefined,
  };
  return { code, intervalMs: 60_000, driver };
}

test('meters of a bus are read in turn and buses side by side: a slow meter delays its own bus only', async () => {
  const events: string[] = [];
  const answer = Promise.withResolvers<ReadResult>();
  const slow = meter('A1', 'A', () => answer.promise.finally(() => events.push('A1 done')));
  const reads = (code: string, bus: string) =>
    meter(code, bus, async () => {
      events.push(code);
      return good(1);
    });
  const scan = scanMeters([slow, reads('A2', 'A'), reads('B1', 'B'), reads('B2', 'B')], () => 0);
  await expect.poll(() => events).toEqual(['B1', 'B2']);
  answer.resolve(dead);
  await scan;
  expect(events).toEqual(['B1', 'B2', 'A1 done', 'A2']);
});

test('what was read is kept beside a failure, and each failed point is named with its code; a dead meter is named once', async () => {
  const half = { ...dead, values: good(7).values };
  const harvest = await scanMeters(
    [meter('A1', 'A', async () => half), meter('A2', 'A', async () => good(8)), meter('A3', 'A', async () => dead)],
    () => 5,
  );
  expect(harvest).toEqual({
    readings: [
      { m: 'A1', p: 'power', t: 5, x: 7, q: 0 },
      { m: 'A2', p: 'power', t: 5, x: 8, q: 0 },
    ],
    errors: [
      { m: 'A1', p: 'power', t: 5, code: 'read-timeout' },
      { m: 'A1', p: 'frequency', t: 5, code: 'read-timeout' },
      { m: 'A3', t: 5, code: 'read-timeout' },
    ],
  });
});
