import { DAY, HOUR } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bookHours, bookSpan, startHarness, storeReadings } from '../../../test/harness.ts';

const NOW = Date.parse('2026-11-23T12:30:00+08:00');
const DAY_1 = Date.parse('2026-11-21T00:00:00+08:00');
const harness = await startHarness({ now: NOW });
const { owner, get } = harness;
afterAll(() => harness.stop());

let institution = 0;
let first = 0;
let sub = 0;

beforeAll(async () => {
  const registry = await fixtureRegistry(owner, {
    meters: [{ code: 'M-1', ct: 40 }, { code: 'M-2' }, { code: 'M-2-1', parent: 'M-2' }],
  });
  institution = registry.institutionId;
  first = registry.meters.get('M-1') ?? 0;
  sub = registry.meters.get('M-2-1') ?? 0;
  const second = registry.meters.get('M-2') ?? 0;
  const hours = Array.from({ length: 48 }, (_, i) => DAY_1 + i * HOUR);
  // M-1: 0.10 kWh on the secondary side, ratio 40. M-2 fell silent before the second midnight and came back after it.
  await bookHours(
    owner,
    first,
    hours.map((at) => ({ at, counts: 10, ratio: 40 })),
  );
  await bookHours(
    owner,
    second,
    [...hours.slice(0, 22), ...hours.slice(26)].map((at) => ({ at, counts: 100 })),
  );
  await bookHours(
    owner,
    sub,
    hours.map((at) => ({ at, counts: 5 })),
  );
  await bookSpan(owner, second, { from: DAY_1 + 22 * HOUR, to: DAY_1 + 26 * HOUR, counts: 450 });
  for (const meter of [first, second]) {
    await storeReadings(owner, meter, [
      { at: DAY_1, value: 0 },
      { at: DAY_1 + 2 * DAY, value: 9_999 },
    ]);
  }
});

const consumption = async (path: string) => (await get(`/${path}`)).json();

test('by day the span over midnight belongs to no day, but to the total', async () => {
  const body = await consumption(`institutions/${institution}/consumption?grain=day&from=2026-11-21&to=2026-11-23`);
  expect(body.items.map((item: { consumption: number }) => item.consumption)).toEqual([96 + 22, 96 + 22]);
  expect(body.items.map((item: { state: string }) => item.state)).toEqual(['partial', 'partial']);
  expect(body.total).toEqual({
    consumption: 192 + 44 + 4.5,
    coverage: (48 + 44) / 96,
    atLeast: false,
    missing: [],
  });
});

test('one day alone is "at least": the span reaches over its end', async () => {
  const body = await consumption(`institutions/${institution}/consumption?grain=hour&from=2026-11-21&to=2026-11-22`);
  expect(body.total).toMatchObject({ consumption: 118, atLeast: true, missing: ['M-2'] });
  expect(body.items).toHaveLength(24);
  expect(body.items[23]).toMatchObject({ consumption: 4, coverage: 0.5, state: 'partial' });
});

test('by month the span counts, and a month that has begun before the first reading is "at least"', async () => {
  const body = await consumption(`institutions/${institution}/consumption?grain=month&from=2026-10-01&to=2026-11-30`);
  expect(body.items.map((item: { consumption: number | null }) => item.consumption)).toEqual([null, 240.5]);
  expect(body.items[1].undistributed).toBe(4.5);
  expect(body.total).toMatchObject({ consumption: 240.5, atLeast: true, missing: ['M-1', 'M-2'] });
});

test('a meter by itself shows its spans with their evidence', async () => {
  const meter = await consumption(`meters/${first}/consumption?grain=day&from=2026-11-21&to=2026-11-23`);
  expect(meter).toMatchObject({ unit: 'kWh', total: { consumption: 192, coverage: 1, atLeast: false }, spans: [] });
  const second = first + 1;
  const body = await consumption(
    `meters/${second}/consumption?grain=hour&from=2026-11-21T20:00:00%2B08:00&to=2026-11-22`,
  );
  expect(body.items.map((item: { consumption: number | null }) => item.consumption)).toEqual([1, 1, null, null]);
  expect(body.spans).toEqual([
    {
      from: '2026-11-21T22:00:00.000+08:00',
      to: '2026-11-22T02:00:00.000+08:00',
      class: 'undistributed',
      energy: 4.5,
      evidence: { kind: 'gap' },
    },
  ]);
  const part = await consumption(`meters/${sub}/consumption?grain=day&from=2026-11-21&to=2026-11-22`);
  expect(part.total.consumption).toBe(1.2);
});

test('another medium has nothing and says so', async () => {
  const body = await consumption(
    `institutions/${institution}/consumption?grain=day&from=2026-11-21&to=2026-11-23&medium=water`,
  );
  expect(body).toMatchObject({ unit: 'm³', total: { consumption: null, coverage: null, atLeast: false } });
});

test.each([
  ['from=2026-11-23&to=2026-11-21', 'to'],
  ['from=2020-01-01&to=2026-01-01&grain=hour', 'from'],
  ['from=2026-02-30', 'from'],
  ['from=yesterday', 'from'],
  ['grain=week', 'grain'],
  ['medium=environment', 'medium'],
])('%s is refused and names the field', async (query, path) => {
  const answer = await get(`/institutions/${institution}/consumption?${query}`);
  expect([answer.statusCode, answer.json().errors[0].path]).toEqual([400, path]);
});

test('the default span is the last 24 hours, 30 days, 12 months', async () => {
  const hours = await consumption(`institutions/${institution}/consumption?grain=hour`);
  expect([hours.from, hours.to]).toEqual(['2026-11-22T13:00:00.000+08:00', '2026-11-23T13:00:00.000+08:00']);
  const days = await consumption(`institutions/${institution}/consumption`);
  expect([days.from, days.to]).toEqual(['2026-10-25T00:00:00.000+08:00', '2026-11-24T00:00:00.000+08:00']);
});
