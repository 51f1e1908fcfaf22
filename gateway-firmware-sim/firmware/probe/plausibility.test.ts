import { expect, test } from 'vitest';
import { judgeMovement } from './movement.ts';
import { judgeSnapshot, looksLikeGrid, type Snapshot } from './plausibility.ts';

/** Three phases, 220 V, 10 A, power factor 0.95. */
const SOUND: Snapshot = {
  'energy.import': 12_345.67,
  'energy.export': 0,
  power: 6.27,
  'power.factor': 0.95,
  'voltage.a': 220.1,
  'voltage.b': 219.8,
  'voltage.c': 221,
  'current.a': 10,
  'current.b': 10,
  'current.c': 10,
  frequency: 49.98,
};
const codes = (change: Snapshot) => judgeSnapshot({ ...SOUND, ...change }).map(({ code }) => code);

test.each<[string, Snapshot, string[]]>([
  ['a sound meter', {}, []],
  ['a high-voltage meter, secondary side', { 'voltage.a': 57.5, 'voltage.b': 57.9, 'voltage.c': 58, power: 1.65 }, []],
  ['a phase without voltage', { 'voltage.b': 3.1, power: 4.18 }, ['phase-missing']],
  ['a low phase', { 'voltage.b': 180 }, ['voltage-band']],
  [
    'voltages ten times too high',
    { 'voltage.a': 2_201, 'voltage.b': 2_198, 'voltage.c': 2_210, power: 62.7 },
    ['wrong-scale'],
  ],
  ['voltages of no grid', { 'voltage.a': 4e-9, 'voltage.b': 4e-9, 'voltage.c': 4e-9, power: 0 }, ['voltage-band']],
  ['a frequency a hundred times too high', { frequency: 4_998 }, ['wrong-scale']],
  ['an impossible frequency', { frequency: 17 }, ['frequency-band']],
  ['an impossible power factor', { 'power.factor': 95 }, ['wrong-scale']],
  ['a low power factor', { 'power.factor': 0.3 }, ['power-factor']],
  ['one transformer of three reversed', { power: 2.09 }, ['ct-polarity']],
  ['all transformers reversed', { power: -6.27 }, ['ct-polarity']],
  ['power in watts', { power: 6_270 }, ['wrong-scale']],
  ['power a hundred times too small', { power: 0.0627 }, ['wrong-scale']],
  ['power a tenth of what its own factor says', { power: 0.627 }, ['wrong-scale']],
  ['a lightly loaded motor', { power: 0.7, 'power.factor': 0.1 }, ['power-factor']],
  ['power without current', { 'current.a': 0, 'current.b': 0, 'current.c': 0 }, ['current-missing']],
  ['export that should be import', { 'energy.import': 0.4, 'energy.export': 12_345 }, ['import-export-swapped']],
])('%s', (_, change, expected) => {
  expect(codes(change)).toEqual(expected);
});

test('a meter that measures nothing electrical is not judged', () => {
  expect(judgeSnapshot({ 'water.volume': 12 })).toEqual([]);
  expect(looksLikeGrid({ 'water.volume': 12 })).toBe(false);
});

test.each([
  ['as much as the power says', 60, 60.1, 0, []],
  ['in the other register', 60, 0, 60, ['import-export-swapped']],
  ['a tenth of it', 60, 6, 0, ['wrong-scale']],
  ['not at all', 60, 0, 0, ['register-still']],
  ['too little to tell', 0.01, 0, 0, []],
  ['out, in the export register', -60, 0, 60, []],
  ['out, in the import register', -60, 60, 0, ['import-export-swapped']],
])('energy that moves %s', (_, power, imported, exported, expected) => {
  const before = { power, 'energy.import': 100, 'energy.export': 100 };
  const after = { power, 'energy.import': 100 + imported / 60, 'energy.export': 100 + exported / 60 };
  expect(judgeMovement(before, after, 60, 0.01).map(({ code }) => code)).toEqual(expected);
});
