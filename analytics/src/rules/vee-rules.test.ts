import { expect, test } from 'vitest';
import { limitsAt, stepLimits, thresholdOn, USUAL_LIMITS, type VeeThreshold } from './vee-rules.ts';

const row = (id: number, value: number, more: Partial<VeeThreshold> = {}): VeeThreshold => ({
  ...{ id, value, rule: 'V2', parameter: 'timesMaximum', medium: null, role: null, validFrom: '2000-01-01' },
  ...more,
});
const rows = [
  row(1, 2),
  row(2, 3, { role: 'sub' }),
  row(3, 4, { medium: 'water' }),
  row(4, 5, { medium: 'water', validFrom: '2026-11-01' }),
  row(5, 6, { medium: 'water', validFrom: '2026-11-01' }),
  row(6, 7, { validFrom: '2026-11-10' }),
  row(7, 96, { rule: 'V4', parameter: 'intervals', validFrom: '2026-11-05' }),
];
const inForce = (medium: string, role: string, day: string) =>
  thresholdOn(rows, { rule: 'V2', parameter: 'timesMaximum', medium, role, day })?.id;

test('the row that says more goes before the later one, of equals the latest, of the same day the one recorded last', () => {
  expect(inForce('electricity', 'main', '2026-11-09')).toBe(1);
  expect(inForce('electricity', 'main', '2026-11-10')).toBe(6);
  expect(inForce('electricity', 'sub', '2026-11-10')).toBe(2);
  expect(inForce('water', 'sub', '2026-10-31')).toBe(3);
  expect(inForce('water', 'sub', '2026-11-10')).toBe(5);
  expect(inForce('water', 'sub', '1999-12-31')).toBeUndefined();
});

test('what the classifier takes changes at the start of a Shanghai day, each rule by itself', () => {
  const limits = stepLimits(rows, { medium: 'electricity', role: 'main' });
  const at = (text: string) => limitsAt(limits, Date.parse(text));
  expect(at('2026-11-04T23:59:59+08:00')).toMatchObject({ timesMaximum: 2, frozenIntervals: 3 });
  expect(at('2026-11-05T00:00:00+08:00')).toMatchObject({ timesMaximum: 2, frozenIntervals: 96 });
  expect(at('2026-11-10T00:00:00+08:00')).toMatchObject({ timesMaximum: 7, frozenIntervals: 96 });
  expect(limitsAt(undefined, 0)).toBe(USUAL_LIMITS);
});
