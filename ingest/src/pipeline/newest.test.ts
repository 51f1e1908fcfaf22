import { expect, test } from 'vitest';
import { newestPerMeter, newestPerPoint, openFailures } from './newest.ts';

const row = (meterId: number, point: number, ts: number, counts: bigint) => ({
  meterId,
  point,
  ts,
  counts,
  quality: 0,
});

test('the newest row of each point and meter; of equal times the first', () => {
  const rows = [row(1, 1, 5, 50n), row(1, 1, 9, 90n), row(1, 1, 9, 91n), row(1, 10, 3, 30n), row(2, 1, 1, 10n)];
  expect(newestPerPoint(rows).map(({ counts }) => counts)).toEqual([90n, 30n, 10n]);
  expect(newestPerMeter(rows)).toEqual(
    new Map([
      [1, 9],
      [2, 1],
    ]),
  );
});

test('failures before the newest value of the same transaction are over', () => {
  const failures = [
    { meterId: 1, ts: 4, code: 'read-timeout' },
    { meterId: 1, ts: 12, code: 'read-garbage' },
    { meterId: 1, ts: 11, code: 'read-timeout' },
    { meterId: 2, ts: 1, code: 'read-timeout' },
  ];
  expect(openFailures(failures, new Map([[1, 9]]))).toEqual([
    { meterId: 1, code: 'read-garbage', firstTs: 11, lastTs: 12, failures: 2 },
    { meterId: 2, code: 'read-timeout', firstTs: 1, lastTs: 1, failures: 1 },
  ]);
});
