import { MINUTE } from '@ganzhi/schemas';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ReadError, type ReadFailureCode } from './driver.ts';
import { createUnitDriver } from './unit.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

/** A unit of one request; `fate` is what becomes of the next ask, undefined for an answer. */
async function unit(fate: () => ReadFailureCode | undefined) {
  let asks = 0;
  const driver = createUnitDriver({
    ...{ protocol: 'test', bus: 'b', requests: [{ points: [{ quantity: 'power' }] }] },
    acquire: () => ({ source: undefined, release: async () => undefined }),
    async ask() {
      asks += 1;
      const code = fate();
      if (code) throw new ReadError(code, 'test');
    },
    decode: () => ({ values: [{ quantity: 'power', value: 1, quality: 0 }], failures: [], withoutValue: [] }),
  });
  await driver.open();
  /** Scans so often, `everyMs` apart; which of them asked the unit, counted from 1. */
  const scan = async (times: number, everyMs: number) => {
    const asked: number[] = [];
    for (let number = 1; number <= times; number += 1) {
      const before = asks;
      const { values, failures } = await driver.read();
      if (asks > before) asked.push(number);
      // silence is never mistaken for a failure, nor a failure for silence
      expect(values.length + failures.length).toBe(1);
      vi.advanceTimersByTime(everyMs);
    }
    return asked;
  };
  return { scan, asks: () => asks };
}

test('a dead unit is asked again after 0, 1, 3, 7, then every 15 skipped scans and no fewer', async () => {
  const { scan } = await unit(() => 'read-timeout');
  expect(await scan(64, 1_000)).toEqual([1, 2, 4, 8, 16, 32, 48, 64]);
});

test('where scans are far apart it is asked after five minutes at the latest', async () => {
  const { scan } = await unit(() => 'read-timeout');
  // a scan a minute: skips of 7 and more end early
  expect(await scan(24, MINUTE)).toEqual([1, 2, 4, 8, 13, 18, 23]);
});

test('a lost connection is no reason to skip, and a unit that answers is asked in every scan again', async () => {
  let fate: ReadFailureCode | undefined = 'read-disconnected';
  const { scan, asks } = await unit(() => fate);
  expect(await scan(5, 1_000)).toEqual([1, 2, 3, 4, 5]);
  fate = 'read-timeout';
  await scan(1, 1_000);
  fate = undefined;
  await scan(40, 1_000);
  expect(await scan(3, 1_000)).toEqual([1, 2, 3]);
  // a healthy unit gets a second try in the scan in which it falls silent
  fate = 'read-timeout';
  const before = asks();
  await scan(1, 1_000);
  expect(asks() - before).toBe(2);
});
