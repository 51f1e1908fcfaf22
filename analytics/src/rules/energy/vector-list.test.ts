import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { balanceOf } from './balance.ts';
import { completeness, expectedRecords, monthlyLeak } from './completeness.ts';
import { decimal, toNumber, toText } from './rational.ts';

/** Where each vector of the domain handbook §7 that concerns energy is tried: file below rules, and a word of the test's name. */
const VECTORS = [
  ['TV-01', 'energy/vectors.test.ts'],
  ['TV-02', 'energy/vectors.test.ts'],
  ['TV-03', 'energy/vectors.test.ts'],
  ['TV-04', 'energy/vectors.test.ts'],
  ['TV-05', 'energy/vectors.test.ts'],
  ['TV-06', 'energy/vectors.test.ts'],
  ['TV-07', 'energy/vectors.test.ts'],
  ['TV-08', 'energy/vectors.test.ts'],
  ['TV-09', 'ledger.test.ts'],
  ['TV-10', 'ledger.test.ts'],
  ['TV-11', 'ledger.test.ts'],
  ['TV-19', 'energy/vectors.test.ts'],
  ['TV-20', 'energy/vectors.test.ts'],
  ['TV-21', 'energy/vector-list.test.ts'],
  ['TV-22', 'energy/vector-list.test.ts'],
  ['TV-26', 'energy/vector-list.test.ts'],
] as const;

test.each(VECTORS)('%s is tried by a test of its name in %s', (vector, file) => {
  const source = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  expect(source).toMatch(new RegExp(`test(\\.each)?\\([^;]*?['\`]${vector}[ :(]`));
});

test('TV-21 parent 10,000 against 4200 + 3100 + 1500 + 700 leaves 500, 5.0 %, within', () => {
  const meter = (code: string, kwh: string) => ({ code, days: [decimal(kwh)] });
  const children = ['4200', '3100', '1500', '700'].map((kwh, i) => meter(`C-${i}`, kwh));
  const { residue, share, verdict } = balanceOf(meter('P', '10000'), children, decimal('0.05'));
  expect([residue && toText(residue, 0), share, verdict]).toEqual(['500', 0.05, 'within']);
});

test('TV-22 completeness: 144 of 2,880 missing are 95.0 %; 24 x 4 x 12 records a day', () => {
  const due = 30 * expectedRecords(4, 1);
  const share = completeness(due - 144, due);
  expect([due, share && toNumber(share), expectedRecords(4, 12)]).toEqual([2_880, 0.95, 1_152]);
  expect(completeness(0, 0)).toBeNull();
});

test('TV-26 a night minimum of 0.41 m³/h loses 295.2 m³ a month', () => {
  expect(toText(monthlyLeak(decimal('0.41')), 1)).toBe('295.2');
});
