import { DAY, MINUTE, yearStart } from '@ganzhi/schemas';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeCensus } from '../census/census.ts';
import { type CensusMeter, meanPerHour } from '../census/meter.ts';
import { createLoadModel, type ExtraFlow } from './load-model.ts';

const FROM = yearStart(2025);
const { meters } = makeCensus({ institutions: 24 });
const first = (wanted: (meter: CensusMeter) => boolean): CensusMeter => {
  const found = meters.find(wanted);
  if (!found) throw new Error('no such meter');
  return found;
};
const model = (meter: CensusMeter, extras: ExtraFlow[] = []) =>
  createLoadModel({ seed: 7, flow: meter.flow, fromMs: FROM, start: 100, extras });
const office = first(({ medium, flow }) => medium === 'electricity' && flow.typeCode === 'office');
const anyTime = fc.integer({ min: FROM, max: FROM + 20 * DAY });

test('an amount is the same to the last bit, whatever was asked before', () => {
  const forward = model(office);
  const jumping = model(office);
  forward.amountAt(FROM + 10 * DAY);
  fc.assert(
    fc.property(fc.array(anyTime, { minLength: 1, maxLength: 20 }), (times) => {
      const wanted = new Map(times.toSorted((a, b) => a - b).map((t) => [t, model(office).amountAt(t)]));
      for (const t of times) expect(jumping.amountAt(t)).toBe(wanted.get(t));
    }),
    { numRuns: 10 },
  );
});

test('it never falls, and the rate is its slope', () => {
  const { amountAt, rateAt } = model(office);
  fc.assert(
    fc.property(anyTime, fc.integer({ min: 1, max: DAY }), (t, later) => {
      expect(amountAt(t + later)).toBeGreaterThanOrEqual(amountAt(t));
      const inside = Math.floor(t / (15 * MINUTE)) * 15 * MINUTE + 7 * MINUTE;
      expect((amountAt(inside + MINUTE) - amountAt(inside - MINUTE)) * 30).toBeCloseTo(rateAt(inside), 3);
    }),
    { numRuns: 50 },
  );
});

test.each(['electricity', 'water', 'gas', 'heat'] as const)('a year of %s comes near the annual figure', (medium) => {
  const meter = first((candidate) => candidate.medium === medium && candidate.role === 'main');
  const { amountAt } = model(meter);
  const year = amountAt(FROM + 365 * DAY) - amountAt(FROM);
  expect(Math.abs(year / (meanPerHour(meter.flow) * 8_760) - 1)).toBeLessThan(0.05);
});

test('nothing moves before the start; what is extra is added', () => {
  const from = FROM + 3 * DAY;
  const leak: ExtraFlow = (t) => (t > from && t < from + DAY ? 2 : 0);
  const [plain, leaking] = [model(office), model(office, [leak])];
  expect(plain.amountAt(FROM - DAY)).toBe(100);
  expect(plain.rateAt(FROM - DAY)).toBe(0);
  const extra = (t: number) => leaking.amountAt(t) - plain.amountAt(t);
  expect(extra(from)).toBeCloseTo(0, 6);
  expect(extra(from + DAY)).toBeCloseTo(2 * 24 - 0.5, 6);
  expect(extra(from + 3 * DAY)).toBeCloseTo(extra(from + DAY), 6);
});
