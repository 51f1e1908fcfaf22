import { DAY, HOUR } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { bookHours, startHarness } from '../../../test/harness.ts';

const NOW = Date.parse('2026-11-23T12:00:00+08:00');
const harness = await startHarness({ now: NOW });
const { owner, get } = harness;
afterAll(() => harness.stop());

test('day, month and year from what the ledger knows; nothing from nothing', async () => {
  const { institutionId, meters } = await fixtureRegistry(owner);
  const empty = (await get(`/institutions/${institutionId}/forecasts`)).json();
  expect([empty.day.forecast, empty.day.soFar]).toEqual([null, 0]);
  const meter = meters.get('M-1') ?? 0;
  const noon = Date.parse('2026-11-23T00:00:00+08:00') + 9 * HOUR;
  await bookHours(
    owner,
    meter,
    Array.from({ length: 71 }, (_, i) => ({ at: noon - i * DAY, counts: i === 0 ? 2_000 : 10_000 })),
  );
  const { day, month, year, unit } = (await get(`/institutions/${institutionId}/forecasts`)).json();
  expect([unit, day.soFar, day.forecast.value]).toEqual(['kWh', 20, 100]);
  // 22 days of 100, and 8 more with the running one
  expect([month.from, month.to, month.soFar, Math.round(month.forecast.value)]).toEqual([
    '2026-11-01',
    '2026-12-01',
    2220,
    3000,
  ]);
  expect(Math.round(year.forecast.value)).toBe(70 * 100 + 39 * 100);
  expect(month.forecast.backTest.naive.meanAbsoluteShare).toBe(0);
});
