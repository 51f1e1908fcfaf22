import { powerFactorShare, rational } from '@ganzhi/analytics/rules';
import { testDatabase } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { powerFactorScales } from './sql.ts';

/** The scales on file against the tables printed in (83)水电财字第215号: every hundredth from 1.00 down to 0.50. */
const database = await testDatabase();
afterAll(() => database.drop());
const scales = await powerFactorScales(await database.open('ganzhi_api'));

/** Percent by hundredths: what is printed for each; a row that is not printed goes on by 2 for each hundredth. */
const PRINTED: Readonly<
  Record<string, { reduced: [number, number][]; half: [number, number]; whole: [number, number] }>
> = {
  '0.90': {
    reduced: [
      [91, 0.15],
      [92, 0.3],
      [93, 0.45],
      [94, 0.6],
      [95, 0.75],
    ],
    half: [89, 70],
    whole: [69, 65],
  },
  '0.85': {
    reduced: [
      [86, 0.1],
      [87, 0.2],
      [88, 0.3],
      [89, 0.4],
      [90, 0.5],
      [91, 0.65],
      [92, 0.8],
      [93, 0.95],
      [94, 1.1],
    ],
    half: [84, 65],
    whole: [64, 60],
  },
  '0.80': {
    reduced: [
      [81, 0.1],
      [82, 0.2],
      [83, 0.3],
      [84, 0.4],
      [85, 0.5],
      [86, 0.6],
      [87, 0.7],
      [88, 0.8],
      [89, 0.9],
      [90, 1],
      [91, 1.15],
      [92, 1.3],
    ],
    half: [79, 60],
    whole: [59, 55],
  },
};

/** The printed table as one list: hundredths and the percent by which the charge changes, positive: more is paid. */
function printed(standard: string): [number, number][] {
  const table = PRINTED[standard];
  if (!table) throw new Error(`no table of ${standard} is printed`);
  const { reduced, half, whole } = table;
  const rows: [number, number][] = reduced.map(([factor, percent]) => [factor, -percent]);
  const [lastFactor, lastPercent] = rows.at(-1) ?? [100, 0];
  for (let factor = lastFactor + 1; factor <= 100; factor += 1) rows.push([factor, lastPercent]);
  rows.push([half[0] + 1, 0]);
  for (let factor = half[0]; factor >= half[1]; factor -= 1) rows.push([factor, (half[0] - factor + 1) * 0.5]);
  for (let factor = whole[0]; factor >= whole[1]; factor -= 1) rows.push([factor, 10 + whole[0] - factor + 1]);
  for (let factor = whole[1] - 1; factor >= 50; factor -= 1) rows.push([factor, 15 + (whole[1] - factor) * 2]);
  return rows;
}

test('a scale for each printed table, and no other', () => {
  expect(scales.map(({ standard }) => standard).sort()).toEqual(Object.keys(PRINTED).sort());
});

test.each(scales.map((scale) => [scale.standard, scale] as const))('the scale of %s, row by row', (standard, scale) => {
  const rows = printed(standard);
  expect(new Set(rows.map(([factor]) => factor)).size).toBe(51);
  const ours = rows.map(([factor]) => [factor, rational.toNumber(powerFactorShare(scale, factor), 4) * 100]);
  expect(ours).toEqual(rows.map(([factor, percent]) => [factor, expect.closeTo(percent, 9)]));
});
