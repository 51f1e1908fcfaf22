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
  const columns = columnsOf(
    [bucket('08', '09', 0, 'full'), bucket('09', '10', null, 'gap'), bucket('10', '11', 4, 'partial')],
    time('12'),
  );
  expect(columns.map((column) => column.state)).toEqual(['full', 'gap', 'partial']);
  expect(barSeries(columns)).toEqual({ solid: [0, null, null], faint: [null, null, 4] });
});

test('the running bucket is no gap yet, and the next one has not begun', () => {
  const items = [bucket('10', '11', 3, 'full'), bucket('11', '12', null, 'gap'), bucket('12', '13', null, 'gap')];
  const states = columnsOf(items, time('11') + 1).map((column) => column.state);
  expect(states).toEqual(['full', 'running', 'future']);
  expect(columnsOf(items, time('13')).map((column) => column.state)).toEqual(['full', 'gap', 'gap']);
});

test('a day has 24 hours: past ones that nobody lists are gaps, later ones are empty', () => {
  const hours = [
    { start: at('00'), consumption: 5, coverage: 1 },
    { start: at('01'), consumption: 4, coverage: 0.7 },
  ];
  const columns = dayColumns(hours, time('09'), time('03'));
  expect(columns).toHaveLength(24);
  expect(columns.slice(0, 5).map((column) => column.state)).toEqual(['full', 'partial', 'gap', 'running', 'future']);
  expect(columns[2]?.value).toBeNull();
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
