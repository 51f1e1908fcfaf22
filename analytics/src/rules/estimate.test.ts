import { DAY, HOUR, MINUTE } from '@ganzhi/schemas';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { estimateOpen, estimateSpan } from './estimate.ts';

const START = Date.parse('2026-11-16T00:00:00+08:00');
const isWorkday = () => true;
const every = (value: number, days = 7) =>
  new Map(Array.from({ length: 24 * days }, (_, i) => [START - (i + 1) * HOUR, value] as const));
const known = (value: bigint) => new Map([...every(0)].map(([hour]) => [hour, value]));

test('no way that asks for more than twice the maximum is taken, and none when there is no other', () => {
  const peak = new Map([
    [START, 1],
    [START + HOUR, 1],
    [START + 2 * HOUR, 98],
  ]);
  const references = { energyPerCount: 1, checks: [peak], siblings: [], children: [] };
  const span = { fromTs: START, toTs: START + 3 * HOUR, counts: 99n };
  const basis = { known: new Map(), isWorkday, references };
  expect(estimateSpan(span, basis)?.method).toBe('check-meter');
  expect(estimateSpan(span, { ...basis, maxPerHour: 20n })?.method).toBe('flat');
  expect(estimateSpan(span, { ...basis, maxPerHour: 10n })).toBeUndefined();
});

test('a gap of two hours is linear, a longer one like other days, one beyond 31 days nothing', () => {
  const basis = { known: known(10n), isWorkday };
  const methodOf = (lengthMs: number) =>
    estimateSpan({ fromTs: START, toTs: START + lengthMs, counts: 1_000n }, basis)?.method;
  expect([methodOf(2 * HOUR), methodOf(2 * HOUR + MINUTE), methodOf(31 * DAY), methodOf(31 * DAY + 1)]).toEqual([
    'linear',
    'like-day',
    'like-day',
    undefined,
  ]);
});

test('whatever the shape, the hours sum to the span and none is negative', () => {
  const amounts = fc.array(fc.integer({ min: -50, max: 1_000 }), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 14n }), amounts, amounts, (counts, parent, sibling) => {
      const hoursOf = (list: readonly number[]) => new Map(list.map((value, i) => [START + i * HOUR, value]));
      const references = {
        energyPerCount: 1,
        checks: [],
        parent: hoursOf(parent),
        siblings: [hoursOf(sibling)],
        children: [],
      };
      const span = { fromTs: START + 7 * MINUTE, toTs: START + 6 * HOUR - MINUTE, counts };
      const hours = estimateSpan(span, { known: known(7n), isWorkday, references })?.hours ?? [];
      expect(hours.reduce((sum, hour) => sum + hour.counts, 0n)).toBe(counts);
      expect(hours.every((hour) => hour.counts >= 0n)).toBe(true);
    }),
  );
});

test('without a closing register another meter counts as far as both agreed before', () => {
  const later = new Map([...every(30), [START, 60], [START + HOUR, 90]]);
  const references = { energyPerCount: 2, checks: [later], siblings: [], children: [] };
  const span = { fromTs: START, toTs: START + 2 * HOUR };
  const counts = (own: bigint) => estimateOpen(span, { known: known(own), isWorkday, references });
  // ours moved 20 counts of 2 an hour where the other told 30
  expect(counts(20n)).toMatchObject({ method: 'check-meter', hours: [{ counts: 40n }, { counts: 60n }] });
  // a tenth of it is another flow
  expect(counts(2n)).toMatchObject({ method: 'like-day', hours: [{ counts: 2n }, { counts: 2n }] });
  expect(estimateOpen(span, { known: new Map(), isWorkday })).toBeUndefined();
});
