import { HOUR, MINUTE } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { POWER, startHarness, storeReadings } from '../../../test/harness.ts';

const NOW = Date.parse('2026-11-23T12:30:00+08:00');
const harness = await startHarness({ now: NOW });
const { owner, get } = harness;
afterAll(() => harness.stop());

let institution = 0;
let meter = 0;

beforeAll(async () => {
  const registry = await fixtureRegistry(owner, {
    meters: [
      { code: 'M-1', ct: 40, points: { 'energy.import': 2, power: 3, 'voltage.a': 1 } },
      { code: 'M-1-1', parent: 'M-1' },
      { code: 'N-1' },
    ],
  });
  institution = registry.institutionId;
  meter = registry.meters.get('M-1') ?? 0;
  await storeReadings(owner, meter, [
    { at: NOW - 10 * MINUTE, value: 2_500, point: POWER },
    ...Array.from({ length: 10 }, (_, i) => ({ at: NOW - (10 - i) * 15 * MINUTE, value: 100_000 + i })),
  ]);
  await owner.query(
    "insert into metering.read_failure values ($1, 'read-timeout', '2026-11-23T12:00:00+08:00', '2026-11-23T12:29:00+08:00', 30)",
    [meter + 1],
  );
});

test('the meters of an institution with age, failure and primary power', async () => {
  const { items } = (await get(`/institutions/${institution}/meters`)).json();
  expect(items.map((item: { code: string }) => item.code)).toEqual(['M-1', 'M-1-1', 'N-1']);
  expect(items[0]).toMatchObject({
    medium: 'electricity',
    role: 'main',
    gatewayCode: 'GW-0001',
    template: 'eastron-sdm630',
    intervalS: 900,
    ageS: 600,
    lastReadingAt: '2026-11-23T12:20:00.000+08:00',
    powerKw: 100,
    failure: null,
  });
  expect(items[1]).toMatchObject({
    role: 'sub',
    parentId: meter,
    ageS: null,
    lastReadingAt: null,
    powerKw: null,
    failure: { code: 'read-timeout', since: '2026-11-23T12:00:00.000+08:00' },
  });
});

test('power is null when it is older than 15 minutes', async () => {
  harness.clock.now = NOW + 6 * MINUTE;
  expect((await get(`/meters/${meter}`)).json().powerKw).toBeNull();
  harness.clock.now = NOW;
});

test('one meter, with its ratio and its points', async () => {
  expect((await get(`/meters/${meter}`)).json()).toMatchObject({ code: 'M-1', ratio: { ct: 40, pt: 1 } });
  const { items } = (await get(`/meters/${meter}/points`)).json();
  expect(items.map((item: { quantity: string }) => item.quantity)).toEqual(['energy.import', 'power', 'voltage.a']);
  expect(items[0]).toEqual({
    quantity: 'energy.import',
    nameZh: '正向有功电能',
    nameEn: 'Active energy, import',
    unit: 'kWh',
    kind: 'counter',
    decimals: 2,
    latest: { at: '2026-11-23T12:15:00.000+08:00', value: 1_000.09, quality: 0 },
  });
  expect(items[2].latest).toBeNull();
});

test('the list pages completely and without repetition, filtered and searched', async () => {
  const codes: string[] = [];
  let cursor = '';
  do {
    const page = (await get(`/meters?limit=2${cursor && `&cursor=${cursor}`}`)).json();
    expect(page.total).toBe(3);
    codes.push(...page.items.map((item: { code: string }) => item.code));
    cursor = page.nextCursor ?? '';
  } while (cursor);
  expect(codes).toEqual(['M-1', 'M-1-1', 'N-1']);
  expect((await get('/meters?search=n-')).json().total).toBe(1);
  expect((await get(`/meters?institutionId=${institution + 1}`)).json()).toMatchObject({ items: [], total: 0 });
});

test('readings come in order, page by page, effective values with their quality', async () => {
  await owner.query(
    `insert into metering.reading_revision (meter_id, point, ts, value, quality, batch_id, received_at) values
       ($1, 1, $2, 111, 1, 2, now()), ($1, 1, $3, 222, 0, 2, '2026-11-23T12:31:00+08:00')`,
    [meter, new Date(NOW - 150 * MINUTE), new Date(NOW - 135 * MINUTE)],
  );
  const read: { at: string; value: number; quality: number; receivedAt?: string }[] = [];
  let cursor = '';
  do {
    const page = (
      await get(`/meters/${meter}/readings?limit=3&from=2026-11-23${cursor && `&cursor=${cursor}`}`)
    ).json();
    expect(page.unit).toBe('kWh');
    read.push(...page.items);
    cursor = page.nextCursor ?? '';
  } while (cursor);
  expect(read).toHaveLength(10);
  expect(new Set(read.map((item) => item.at)).size).toBe(10);
  // a revision of worse quality does not replace a good value, one as good does
  expect(read[0]).toEqual({ at: '2026-11-23T10:00:00.000+08:00', value: 1_000, quality: 0 });
  expect(read[1]).toEqual({
    at: '2026-11-23T10:15:00.000+08:00',
    value: 2.22,
    quality: 0,
    receivedAt: '2026-11-23T12:31:00.000+08:00',
  });
  const last = (await get(`/meters/${meter}/readings?point=power`)).json();
  expect(last).toMatchObject({ unit: 'kW', items: [{ value: 2.5 }], nextCursor: null });
});

test('a point that the meter does not have is named; a span without readings is empty', async () => {
  const answer = await get(`/meters/${meter}/readings?point=gas.volume`);
  expect([answer.statusCode, answer.json().errors[0].path]).toEqual([400, 'point']);
  const to = new Date(NOW - 5 * HOUR).toISOString();
  expect((await get(`/meters/${meter}/readings?to=${to}`)).json().items).toEqual([]);
});
