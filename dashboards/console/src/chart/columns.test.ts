import { expect, test } from 'vitest';
import type { Bucket } from '../api/types.ts';
import { barSeries, columnsOf, dayColumns, gapRuns, isEmpty, isLowerBound } from './columns.ts';

const at = (hour: string): string => `2026-11-23T${hour}:00:00+08:00`;
const time = (hour: string): number => Date.parse(at(hour));
const bucket = (start: string, end: string, consumption: number | null, state: Bucket['state']): Bucket => ({
  start: at(start),
  end: at(end),
  consumption,
  coverage: state === 'full' ? 1 : 0,
  undistributed: 0,
  disputed: 0,
  state,
});

test('a gap stays a gap, a zero stays a zero, and neither becomes the other', () => {
  const items = [bucket('08', '09', 0, 'full'), bucket('09', '10', null, 'gap'), bucket('10', '11', 4, 'partial')];
  const columns = columnsOf({ grain: 'hour', to: at('11'), items }, time('12'));
  expect(columns.map((column) => column.state)).toEqual(['full', 'gap', 'partial']);
  expect(barSeries(columns)).toEqual({ solid: [0, null, null], faint: [null, null, 4] });
});

test('the running bucket shows what it has; the rest of the span is pending', () => {
  const items = [bucket('10', '11', 3, 'full'), bucket('11', '12', 1, 'full')];
  const columns = columnsOf({ grain: 'hour', to: at('14'), items }, time('11') + 1);
  expect(columns.map((column) => column.state)).toEqual(['full', 'running', 'pending', 'pending']);
  expect(columns.at(-1)).toMatchObject({ start: time('13'), end: time('14'), value: null });
});

test('what was due and did not come is a gap, even while its bucket runs', () => {
  const items = [bucket('10', '11', 3, 'full'), bucket('11', '12', null, 'gap')];
  const columns = columnsOf({ grain: 'hour', to: at('12'), items }, time('11') + 1);
  expect(columns.map((column) => column.state)).toEqual(['full', 'gap']);
});

test('a day has 24 hours; those that nobody lists are not due yet', () => {
  const hours = [
    { start: at('00'), consumption: 5, coverage: 1 },
    { start: at('01'), consumption: 4, coverage: 0.7 },
    { start: at('02'), consumption: null, coverage: 0 },
    { start: at('03'), consumption: 2, coverage: 1 },
  ];
  const columns = dayColumns(hours, time('09'), time('03'));
  expect(columns).toHaveLength(24);
  expect(columns.slice(0, 5).map((column) => column.state)).toEqual(['full', 'partial', 'gap', 'running', 'pending']);
});

test('neighbouring gaps make one run', () => {
  const states = ['gap', 'full', 'gap', 'gap', 'running', 'gap'] as const;
  const columns = states.map((state) => ({
    start: 0,
    end: 1,
    value: null,
    coverage: null,
    undistributed: 0,
    disputed: 0,
    state,
  }));
  expect(gapRuns(columns)).toEqual([
    [0, 0],
    [2, 3],
    [5, 5],
  ]);
  expect(isEmpty(columns)).toBe(true);
});

test('a sum is a lower bound when something is missing, not when nothing is known about it', () => {
  expect([isLowerBound(0.9), isLowerBound(1), isLowerBound(null)]).toEqual([true, false, false]);
});
