import { HOUR } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { compare, type LedgerHour, type SeriesHour } from './compare.ts';

const START = Date.parse('2026-11-23T00:00:00+08:00');
const at = (n: number): number => START + n * HOUR;
const series = (hours: Record<number, SeriesHour>): Map<number, SeriesHour> =>
  new Map(Object.entries(hours).map(([n, hour]) => [at(Number(n)), hour]));
const row = (n: number, counts: bigint, coveredS = 3600): LedgerHour => ({ hour: at(n), counts, coveredS });
const kinds = (wanted: Record<number, SeriesHour>, ledger: LedgerHour[]): string[] =>
  compare(series(wanted), ledger, 2, 0.01).differences.map((difference) => difference.kind);

test('equal within the register resolution is equal; one count more is not', () => {
  const wanted = { 0: { kwh: 1.004, full: true } };
  expect(kinds(wanted, [row(0, 100n)])).toEqual([]);
  expect(kinds(wanted, [row(0, 101n)])).toEqual([]);
  expect(kinds(wanted, [row(0, 102n)])).toEqual(['value']);
});

test('a full hour must be there and be fully covered', () => {
  expect(kinds({ 0: { kwh: 1, full: true } }, [])).toEqual(['missing']);
  expect(kinds({ 0: { kwh: 1, full: true } }, [row(0, 100n, 2700)])).toEqual(['coverage']);
});

test('an hour with a hole must not look full, even when its value is right', () => {
  expect(kinds({ 0: { kwh: 1, full: false } }, [row(0, 100n, 2700)])).toEqual([]);
  expect(kinds({ 0: { kwh: 1, full: false } }, [row(0, 100n)])).toEqual(['coverage']);
});

test('a zero in a gap is invented', () => {
  const wanted = { 0: { kwh: 1, full: true }, 2: { kwh: 1, full: true } };
  const ledger = [row(0, 100n), row(2, 100n)];
  expect(compare(series(wanted), ledger, 2, 0.01).hours.gaps).toBe(1);
  expect(kinds(wanted, [...ledger, row(1, 0n)])).toEqual(['invented']);
});

test('days are of the Shanghai calendar and add up', () => {
  const { days } = compare(
    series({ 23: { kwh: 0.1, full: true }, 24: { kwh: 0.2, full: true } }),
    [row(23, 10n), row(24, 21n)],
    2,
    0.01,
  );
  expect(days).toEqual([
    { day: '2026-11-23', seriesKwh: 0.1, ledgerKwh: 0.1, differenceKwh: 0, gapHours: 0 },
    { day: '2026-11-24', seriesKwh: 0.2, ledgerKwh: 0.21, differenceKwh: 0.01, gapHours: 0 },
  ]);
});
