import { HOUR, MINUTE } from '@ganzhi/schemas';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pollTimes } from './polls.ts';
import { parseSeries, runsOf, type Series } from './series.ts';
import { createSeriesModel } from './series-model.ts';
import { hourlyTruth } from './truth.ts';

const HALF = 30 * MINUTE;
const T0 = Date.parse('2026-11-23T00:00:00Z');
const parse = (...rows: string[]) => parseSeries(['start,value', ...rows].join('\n'));

test('stamps with an offset, with a T, and naive ones in the given zone', () => {
  const { rows, intervalMs } = parse('2026-11-23T08:00:00+08:00,1', '2026-11-23 00:30:00,2', '2026-11-23T01:00:00Z,3');
  expect(rows.map(({ start }) => start)).toEqual([T0, T0 + HALF, T0 + HOUR]);
  expect(intervalMs).toBe(HALF);
  const local = parseSeries('start,value\r\n2026-11-23 08:00,1\r\n2026-11-23 08:30,1\r\n', { zone: '+08:00' });
  expect(local.rows[0]?.start).toBe(T0);
});

test('duplicates keep the first; rows without a number are missing; all are reported with their line', () => {
  const { rows, rejected } = parse(
    '2026-11-23 00:00,1',
    '2026-11-23 00:00,9',
    '2026-11-23 00:30,',
    '2026-11-23 01:00,NaN',
    '2026-11-23 01:30,-1',
    '2026-11-23 02:00,2',
    '2026-11-23 02:30,2',
  );
  expect(rows.map(({ kwh }) => kwh)).toEqual([1, 2, 2]);
  expect(rejected.map(({ line, reason }) => [line, reason])).toEqual([
    [3, 'duplicate-start'],
    [4, 'no-value'],
    [5, 'no-value'],
    [6, 'negative-value'],
  ]);
});

test.each([
  ['time,kwh', 'line 1, column 1: the first line must be "start,value"'],
  ['start,value\nyesterday,1', 'line 2, column 1: "yesterday" is no time'],
  ['start,value\n2026-02-30 00:00,1', 'line 2, column 1: "2026-02-30 00:00" is no time'],
  ['start,value\n2026-11-23 00:00,1\n2026-11-23 00:30,abc', 'line 3, column 18: "abc" is no number'],
  ['start,value\n2026-11-23 00:00,1,5', 'line 2, column 20: two columns expected, 3 found'],
  ['start,value\n2026-11-23 00:00,1', 'line 2, column 1: at least two rows'],
])('a wrong file is named with line and column: %j', (text, message) => {
  expect(() => parseSeries(text)).toThrow(message);
});

test('polls stand at half intervals with both ends, and none inside a hole', () => {
  const series = parse('2026-11-23 00:00,1', '2026-11-23 00:30,1', '2026-11-23 02:00,1', '2026-11-23 02:30,1');
  expect(pollTimes(series).map((t) => (t - T0) / MINUTE)).toEqual([0, 15, 30, 45, 60, 120, 135, 150, 165, 180]);
});

test('an interval of a day is polled at least twice an hour', () => {
  const series: Series = { rows: [{ start: T0, kwh: 24 }], rejected: [], intervalMs: 24 * HOUR };
  expect(pollTimes(series)).toHaveLength(49);
});

test('hours that rows do not fully cover are not full', () => {
  const truth = hourlyTruth(
    parse('2026-11-23 00:00,1', '2026-11-23 00:30,2', '2026-11-23 01:30,4', '2026-11-23 02:00,1'),
  );
  expect([...truth].map(([hour, entry]) => [(hour - T0) / HOUR, entry])).toEqual([
    [0, { kwh: 3, full: true }],
    [1, { kwh: 4, full: false }],
    [2, { kwh: 1, full: false }],
  ]);
});

test('the register moves by each row within its interval, stands still in holes, and ends at the sum', () => {
  const arbitrary = fc.uniqueArray(fc.record({ slot: fc.nat(200), kwh: fc.integer({ min: 0, max: 500 }) }), {
    minLength: 2,
    selector: ({ slot }) => slot,
  });
  fc.assert(
    fc.property(arbitrary, (list) => {
      const rows = list.map(({ slot, kwh }) => ({ start: T0 + slot * HALF, kwh })).sort((a, b) => a.start - b.start);
      const series: Series = { rows, rejected: [], intervalMs: HALF };
      const { energyKwh } = createSeriesModel(series);
      for (const { start, kwh } of rows) {
        expect(energyKwh(start + HALF) - energyKwh(start)).toBe(kwh);
        expect(energyKwh(start + HALF / 2) - energyKwh(start)).toBe(kwh / 2);
      }
      const runs = runsOf(series);
      runs.forEach(({ to }, i) => {
        const next = runs[i + 1];
        if (next) expect(energyKwh(next.from)).toBe(energyKwh(to));
      });
      expect(energyKwh(T0 + 300 * HALF)).toBe(rows.reduce((sum, { kwh }) => sum + kwh, 0));
    }),
  );
});
