import { DAY, HOUR, MINUTE, SECOND } from '@ganzhi/schemas';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bookLedger } from './ledger.ts';
import { type RatioRecord, ratioTimeline } from './ratio.ts';
import {
  largestRegister,
  longestStepMs,
  movementBetween,
  type RegisterFacts,
  type RegisterReading,
} from './register.ts';

const START = Date.UTC(2026, 10, 22, 13);

/** Registers of all sorts: steady, jumping, falling; steps from milliseconds to days. */
const readings = fc
  .array(
    fc.record({
      stepMs: fc.oneof(
        fc.constantFrom(1, 15 * MINUTE, 30 * MINUTE, HOUR, DAY),
        fc.integer({ min: 1, max: 40 * MINUTE }),
        fc.integer({ min: 1, max: 3 * DAY }),
      ),
      counts: fc.oneof(fc.bigInt({ min: 0n, max: 999_999n }), fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n })),
    }),
    { maxLength: 40 },
  )
  .map((steps) => {
    let ts = START;
    return steps.map(({ stepMs, counts }): RegisterReading => {
      ts += stepMs;
      return { ts, counts };
    });
  });

const facts: fc.Arbitrary<RegisterFacts> = fc.record({
  intervalS: fc.constantFrom(1, 60, 900, 3600, 86_400),
  modulus: fc.constantFrom(null, 1_000_000n),
  ratios: fc
    .array(
      fc.record({
        fromTs: fc.integer({ min: START, max: START + 10 * DAY }),
        ratio: fc.bigInt({ min: 1n, max: 60n }),
      }),
      { maxLength: 3 },
    )
    .map((records: RatioRecord[]) => ratioTimeline(records)),
});

test('conservation: hours and spans are the register movement, to the count', () => {
  fc.assert(
    fc.property(readings, facts, (list, register) => {
      const { hours, spans, chain } = bookLedger(list, register);
      const rollovers = chain.slice(1).filter((to, i) => {
        const from = chain[i];
        return from && movementBetween(from.counts, to.counts, register.modulus).rolledOver;
      });
      const moved = (chain.at(-1)?.counts ?? 0n) - (chain[0]?.counts ?? 0n);
      const expected = moved + BigInt(rollovers.length) * (register.modulus ?? 0n);
      const booked = [...hours, ...spans].reduce((sum, { counts }) => sum + counts, 0n);
      expect(booked).toBe(expected);
    }),
  );
});

test('hours are ascending, never negative, and covered no longer than observed', () => {
  fc.assert(
    fc.property(readings, facts, (list, register) => {
      const { hours, spans } = bookLedger(list, register);
      for (const [i, entry] of hours.entries()) {
        expect(entry.counts).toBeGreaterThanOrEqual(0n);
        expect(entry.coveredS).toBeGreaterThanOrEqual(0);
        expect(entry.coveredS).toBeLessThanOrEqual(3600);
        expect(entry.hour % HOUR).toBe(0);
        if (i > 0) expect(entry.hour).toBeGreaterThan(hours[i - 1]?.hour ?? 0);
      }
      for (const [i, span] of spans.entries()) {
        expect(span.fromTs).toBeLessThan(span.toTs);
        if (i > 0) expect(span.fromTs).toBeGreaterThanOrEqual(spans[i - 1]?.toTs ?? 0);
        if (span.class === 'undistributed') expect(span.counts).toBeGreaterThanOrEqual(0n);
      }
    }),
  );
});

test('an hour whose every second lies in steps at the expected interval is covered exactly 3600 s', () => {
  const jitter = fc.array(fc.integer({ min: 1, max: 1.5 * 900 * SECOND }), { minLength: 8, maxLength: 30 });
  fc.assert(
    fc.property(jitter, (steps) => {
      let ts = START;
      const list = steps.map((stepMs, i) => {
        ts += stepMs;
        return { ts, counts: BigInt(i) };
      });
      const { hours } = bookLedger(list, { intervalS: 900, modulus: null, ratios: ratioTimeline([]) });
      const first = list[0]?.ts ?? 0;
      for (const { hour, coveredS } of hours) {
        if (hour >= first && hour + HOUR <= ts) expect(coveredS).toBe(3600);
      }
    }),
  );
});

test('a step longer than the longest gives its hours nothing', () => {
  fc.assert(
    fc.property(facts, fc.integer({ min: 1, max: DAY }), (register, beyondMs) => {
      const toTs = START + longestStepMs(register) + beyondMs;
      const { hours, spans } = bookLedger(
        [
          { ts: START, counts: 0n },
          { ts: toTs, counts: 77n },
        ],
        register,
      );
      expect(hours).toEqual([]);
      expect(spans).toMatchObject([{ fromTs: START, toTs, counts: 77n }]);
    }),
  );
});

test('the energy of any two registers fits in int8', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 2_100_000n }), (ratio) => {
      const limit = largestRegister({ intervalS: 900, modulus: null, ratios: [{ fromTs: 0, ratio }] });
      expect(limit).toBeGreaterThan(0n);
      expect(2n * limit * ratio).toBeLessThan(2n ** 63n);
    }),
  );
});
