import { SECOND } from '@ganzhi/schemas';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createReplayBudget } from './budget.ts';

function bucket(defaultPerS: number, obeyGrants = true) {
  let now = 0;
  const budget = createReplayBudget({ defaultPerS, obeyGrants, monotonicMs: () => now });
  return {
    budget,
    /** Sends batches of `readings` for so long, looking every 100 ms. @returns readings sent */
    sendFor(ms: number, readings: number): number {
      let sent = 0;
      for (const end = now + ms; now < end; now += 100) {
        while (budget.ready() && sent < 1e7) {
          budget.take(readings);
          sent += readings;
        }
      }
      return sent;
    },
  };
}

test('without a grant a low rate holds; a grant lifts it, and lapses', () => {
  const { budget, sendFor } = bucket(50);
  expect(sendFor(100 * SECOND, 10) / 100).toBeCloseTo(50, -1);
  budget.grant({ replayPerS: 1_000, forS: 60 });
  expect(budget.perS()).toBe(1_000);
  expect(sendFor(60 * SECOND, 100) / 60).toBeCloseTo(1_000, -2);
  expect(budget.perS()).toBe(50);
});

test('a grant of nothing is silence, until it lapses', () => {
  const { budget, sendFor } = bucket(50);
  sendFor(SECOND, 10);
  budget.grant({ replayPerS: 0, forS: 10 });
  sendFor(0.2 * SECOND, 10);
  expect(sendFor(9 * SECOND, 10)).toBe(0);
  expect(sendFor(10 * SECOND, 10)).toBeGreaterThan(0);
});

test('the rate holds over time whatever the size of the batches', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 10, max: 2_000 }), (readings, perS) => {
      const { sendFor } = bucket(perS);
      expect(sendFor(100 * SECOND, readings)).toBeLessThanOrEqual(perS * 101 + readings);
    }),
  );
});

test('a gateway in simulated time keeps to its own rate', () => {
  const { budget } = bucket(Number.POSITIVE_INFINITY, false);
  budget.grant({ replayPerS: 0, forS: 10 });
  budget.take(1e9);
  expect(budget.ready()).toBe(true);
});
