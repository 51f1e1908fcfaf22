import { expect, test } from 'vitest';
import { forecastTo } from './forecast.ts';

/** A week of an office: five days of 100, two of 30; a whole number of weeks, so that the next day is a Monday. */
const office = (weeks: number, scale: (day: number) => number = () => 1) =>
  Array.from({ length: weeks * 7 }, (_, i) => (i % 7 < 5 ? 100 : 30) * scale(i));

test('a steady week goes on, and the band closes', () => {
  const forecast = forecastTo({ days: office(20), soFar: 0, today: 0, remaining: 14 });
  expect(forecast?.value).toBeCloseTo(1120, 6);
  expect([forecast?.low, forecast?.high].map((one) => Math.round(one ?? 0))).toEqual([1120, 1120]);
  expect(forecast?.backTest).toMatchObject({ origins: 12, naive: { meanAbsoluteShare: 0 } });
});

test('what is done stays, and the running day is at least what it has used', () => {
  const forecast = forecastTo({ days: office(20), soFar: 5_000 + 140, today: 140, remaining: 1 });
  expect(forecast?.value).toBe(5_140);
});

test('noise makes the model beat the naive forecast, which hangs on one week', () => {
  // a fixed pseudo-random walk: the same on every machine
  let state = 42;
  const noise = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return 0.7 + (0.6 * state) / 2_147_483_648;
  };
  const forecast = forecastTo({ days: office(52, noise), soFar: 0, today: 0, remaining: 7 });
  expect(forecast?.method).toBe('holt-winters');
  const { model, naive } = forecast?.backTest ?? { model: undefined, naive: undefined };
  expect(model?.meanAbsoluteShare).toBeLessThan(naive?.meanAbsoluteShare ?? 0);
  expect(forecast?.low).toBeLessThan(forecast?.value ?? 0);
  expect(forecast?.high).toBeGreaterThan(forecast?.value ?? 0);
});

test('far ahead, last year knows the seasons', () => {
  const season = (day: number) => 1 + 0.5 * Math.sin((2 * Math.PI * day) / 364);
  const days = office(52 * 3, season).slice(0, 52 * 7 * 2 + 180);
  const actual = office(52 * 3, season).slice(days.length, days.length + 180);
  const truth = actual.reduce((all, one) => all + one, 0);
  const forecast = forecastTo({ days, soFar: 0, today: 0, remaining: 180 });
  expect(forecast?.method).toBe('last-year');
  expect(Math.abs((forecast?.value ?? 0) / truth - 1)).toBeLessThan(0.02);
  expect(Math.abs((forecast?.naive ?? 0) / truth - 1)).toBeGreaterThan(0.1);
});

test('gaps are filled and counted; with too little nothing is forecast', () => {
  const days: (number | null)[] = office(20);
  days[100] = null;
  days[101] = null;
  expect(forecastTo({ days, soFar: 0, today: 0, remaining: 14 })).toMatchObject({
    filledDays: 2,
    value: expect.closeTo(1120, 0),
  });
  expect(forecastTo({ days: office(3), soFar: 0, today: 0, remaining: 14 })).toBeUndefined();
  const silent = [...office(20), ...Array.from({ length: 30 }, () => null)];
  expect(forecastTo({ days: silent, soFar: 0, today: 0, remaining: 14 })).toBeUndefined();
});
