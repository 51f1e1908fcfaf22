import { DAY, HOUR, MINUTE } from '@ganzhi/schemas';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketsOf, usualSpan, widened } from './buckets.ts';
import { dueUntil, figuresOf, type LedgerSpan, missingMeters } from './rules.ts';

const at = (text: string): number => Date.parse(`${text}:00+08:00`);
const DAY_1 = at('2026-11-22T00:00');
const DAY_2 = at('2026-11-23T00:00');
const row = (start: number, booked: bigint, coveredS = 3_600) => ({ start, booked, coveredS });
const gap = (from: number, to: number, energy: bigint, kind: LedgerSpan['class'] = 'undistributed'): LedgerSpan => ({
  meterId: 1,
  from,
  to,
  class: kind,
  energy,
});

test('months follow the Shanghai calendar', () => {
  const span = widened('month', at('2026-01-31T23:59'), at('2026-03-01T00:00'));
  expect(bucketsOf('month', span)).toEqual([
    { start: at('2026-01-01T00:00'), end: at('2026-02-01T00:00') },
    { start: at('2026-02-01T00:00'), end: at('2026-03-01T00:00') },
  ]);
});

test('the usual span ends with the running bucket', () => {
  const now = at('2026-11-23T12:30');
  expect(usualSpan('hour', now)).toEqual({ from: at('2026-11-22T13:00'), to: at('2026-11-23T13:00') });
  expect(usualSpan('day', now)).toEqual({ from: at('2026-10-25T00:00'), to: at('2026-11-24T00:00') });
  expect(usualSpan('month', now)).toEqual({ from: at('2025-12-01T00:00'), to: at('2026-12-01T00:00') });
});

test('a gap is null, a measured zero is zero', () => {
  const { buckets, consumption } = figuresOf({
    buckets: bucketsOf('hour', { start: DAY_1, end: DAY_1 + 2 * HOUR }),
    rows: [row(DAY_1, 0n)],
    spans: [],
    meterCount: 1,
    dueUntil: DAY_2,
  });
  expect(buckets.map(({ consumption: c, coverage, state }) => [c, coverage, state])).toEqual([
    [0n, 1, 'full'],
    [null, 0, 'gap'],
  ]);
  expect(consumption).toBe(0n);
});

test('nothing at all is null, with the coverage saying that it was due', () => {
  const none = { rows: [], spans: [], buckets: bucketsOf('day', { start: DAY_1, end: DAY_2 }) };
  expect(figuresOf({ ...none, meterCount: 2, dueUntil: DAY_2 })).toMatchObject({ consumption: null, coverage: 0 });
  expect(figuresOf({ ...none, meterCount: 0, dueUntil: DAY_2 })).toMatchObject({ consumption: null, coverage: null });
});

test('energy without certain hours counts in the smallest bucket that holds its span', () => {
  const night = gap(DAY_1 + 23 * HOUR, DAY_2 + HOUR, 7n);
  const noon = gap(DAY_1 + 11 * HOUR, DAY_1 + 14 * HOUR, 5n);
  const input = { spans: [night, noon], meterCount: 1, dueUntil: DAY_2 + DAY };
  const two = { start: DAY_1, end: DAY_2 + DAY };
  const rows = [row(DAY_1, 100n, 19 * 3_600), row(DAY_2, 200n, 23 * 3_600)];
  const days = figuresOf({ ...input, rows, buckets: bucketsOf('day', two) });
  expect(days.buckets.map((bucket) => [bucket.consumption, bucket.undistributed])).toEqual([
    [105n, 5n],
    [200n, 0n],
  ]);
  expect(days.consumption).toBe(312n);
  const month = figuresOf({ ...input, rows, buckets: bucketsOf('month', widened('month', DAY_1, DAY_2)) });
  expect(month.buckets.map((bucket) => bucket.consumption)).toEqual([312n]);
  const first = figuresOf({ ...input, rows, buckets: bucketsOf('day', { start: DAY_1, end: DAY_2 }) });
  expect(first.consumption).toBe(105n);
});

test('disputed energy waits beside the consumption', () => {
  const { buckets, consumption, disputed } = figuresOf({
    buckets: bucketsOf('day', { start: DAY_1, end: DAY_2 }),
    rows: [],
    spans: [gap(DAY_1 + HOUR, DAY_1 + 2 * HOUR, -40n, 'disputed')],
    meterCount: 1,
    dueUntil: DAY_2,
  });
  expect(buckets[0]).toMatchObject({ consumption: null, disputed: -40n, state: 'gap' });
  expect([consumption, disputed]).toEqual([null, -40n]);
});

test('the running hour is judged by what is due, and what is not due yet is not listed', () => {
  const now = DAY_1 + 2 * HOUR + 35 * MINUTE;
  const due = dueUntil(now, 900);
  expect(due).toBe(now - 20 * MINUTE);
  const input = { spans: [], meterCount: 1, dueUntil: due, buckets: bucketsOf('hour', { start: DAY_1, end: DAY_2 }) };
  const full = [row(DAY_1, 1n), row(DAY_1 + HOUR, 1n)];
  const ahead = figuresOf({ ...input, rows: [...full, row(DAY_1 + 2 * HOUR, 1n, 34 * 60)] });
  expect(ahead.buckets.map((bucket) => [bucket.coverage, bucket.state])).toEqual([
    [1, 'full'],
    [1, 'full'],
    [1, 'full'],
  ]);
  const late = figuresOf({ ...input, rows: [...full, row(DAY_1 + 2 * HOUR, 1n, 5 * 60)] });
  expect(late.buckets[2]).toMatchObject({ coverage: 5 / 15, state: 'partial' });
  // a running hour that is ahead does not hide a hole elsewhere
  const hole = figuresOf({ ...input, rows: [row(DAY_1, 1n), row(DAY_1 + 2 * HOUR, 1n, 34 * 60)] });
  expect(hole.coverage).toBeCloseTo((60 + 15) / 135, 10);
});

test('a total is complete when every meter has its register at both ends', () => {
  const meter = { id: 1, code: 'M-1', knownAtStart: true, knownAtEnd: true };
  const day = { start: DAY_1, end: DAY_2 };
  expect(missingMeters([meter], [gap(DAY_1 + HOUR, DAY_1 + 9 * HOUR, 5n)], day)).toEqual([]);
  expect(missingMeters([{ ...meter, knownAtEnd: false }], [], day)).toEqual(['M-1']);
  expect(missingMeters([{ ...meter, knownAtStart: false }], [], day)).toEqual(['M-1']);
  expect(missingMeters([meter], [gap(DAY_2 - HOUR, DAY_2 + HOUR, 5n)], day)).toEqual(['M-1']);
  expect(missingMeters([meter], [gap(DAY_1 + HOUR, DAY_1 + 2 * HOUR, -5n, 'disputed')], day)).toEqual(['M-1']);
  expect(missingMeters([{ ...meter, id: 2 }], [gap(DAY_2 - HOUR, DAY_2 + HOUR, 5n)], day)).toEqual([]);
});

test('whatever the grain, the same energy comes out: hours, days and months add up', () => {
  const hours = fc.uniqueArray(fc.nat({ max: 24 * 40 }), { maxLength: 200 });
  fc.assert(
    fc.property(hours, fc.array(fc.nat({ max: 10 ** 6 }), { minLength: 200, maxLength: 200 }), (places, counts) => {
      const start = at('2026-10-01T00:00');
      const rows = places.map((place, i) => row(start + place * HOUR, BigInt(counts[i] ?? 0)));
      const total = rows.reduce((sum, one) => sum + one.booked, 0n);
      for (const grain of ['hour', 'day', 'month'] as const) {
        const buckets = bucketsOf(grain, widened(grain, start, at('2026-12-01T00:00')));
        const figures = figuresOf({ buckets, rows, spans: [], meterCount: 1, dueUntil: at('2027-01-01T00:00') });
        expect(figures.consumption).toBe(rows.length === 0 ? null : total);
        expect(figures.buckets).toHaveLength(buckets.length);
        expect(figures.buckets.filter((bucket) => bucket.consumption === null && bucket.state !== 'gap')).toEqual([]);
      }
    }),
    { numRuns: 30 },
  );
});
