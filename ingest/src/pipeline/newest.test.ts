import { expect, test } from 'vitest';
import { newestPerMeter, openFailures } from './newest.ts';

const row = (meterId: number, point: number, ts: number) => ({ meterId, point, ts, counts: 0n, quality: 0 });

test('the newest row of each meter', () => {
  const rows = [row(1, 1, 5), row(1, 1, 9), row(1, 10, 3), row(2, 1, 1)];
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
