import { DAY, HOUR, MINUTE } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bookHours, bookSpan, POWER, startHarness, storeReadings } from '../../../test/harness.ts';

/** Power is what the database calls now, so the test runs at the present day, at half past an hour of its own choice. */
const MIDNIGHT = Math.floor((Date.now() + 8 * HOUR) / DAY) * DAY - 8 * HOUR;
const NOW = MIDNIGHT + 10 * HOUR + 30 * MINUTE;
const harness = await startHarness({ now: NOW });
const { owner, get } = harness;
afterAll(() => harness.stop());

let main = 0;

beforeAll(async () => {
  const registry = await fixtureRegistry(owner, {
    gateways: ['GW-0001', 'GW-0002'],
    meters: [{ code: 'M-1', ct: 10 }, { code: 'M-2' }, { code: 'M-2-1', parent: 'M-2' }],
  });
  main = registry.meters.get('M-1') ?? 0;
});

test('an empty city knows nothing, and says null instead of zero', async () => {
  const body = (await get('/city')).json();
  expect(body).toMatchObject({
    powerKw: null,
    powerMeters: { reporting: 0, total: 2 },
    today: { consumption: null, coverage: 0, unit: 'kWh' },
    yesterday: { consumption: null, coverage: 0 },
    institutions: { registered: 1, metered: 1 },
    gateways: { online: 0, total: 2 },
    outboxReadings: 0,
    completenessToday: 0,
    history: null,
  });
  expect(body.hours.yesterday).toHaveLength(24);
  expect(body.hours.today).toHaveLength(11);
});

test('today against yesterday up to the same minute', async () => {
  await bookHours(
    owner,
    main,
    Array.from({ length: 24 }, (_, i) => ({ at: MIDNIGHT - DAY + i * HOUR, counts: 100 })),
  );
  await bookHours(
    owner,
    main,
    Array.from({ length: 8 }, (_, i) => ({ at: MIDNIGHT + i * HOUR, counts: 300 })),
  );
  await bookSpan(owner, main, { from: MIDNIGHT + 8 * HOUR, to: MIDNIGHT + 10 * HOUR, counts: 700 });
  await bookHours(owner, main, [{ at: MIDNIGHT + 10 * HOUR, counts: 150, coveredS: 1_740 }]);
  await owner.query(
    `insert into metering.gateway_state (gateway_id, online, changed_at, last_seen_at, outbox_readings)
     select id, code = 'GW-0001', now(), now(), 21 from registry.gateway`,
  );
  await owner.query(`insert into platform.setting values ('history', '{"done": 5, "total": 10, "running": true}')`);
  const body = (await get('/city')).json();
  expect(body.today.consumption).toBe(8 * 3 + 7 + 1.5);
  expect(body.yesterday).toEqual({ consumption: 24, coverage: 0.5 });
  expect(body.yesterdaySameHours).toEqual({ consumption: 10.5, coverage: 0.5 });
  // two meters, due until 10:10; one of them seen for eight hours and the ten minutes of the eleventh that are due
  expect(body.completenessToday).toBeCloseTo((8 * 60 + 10 + 10) / (2 * 610), 6);
  expect(body.hours.today[8]).toEqual({ start: expect.stringContaining('T08:00'), consumption: null, coverage: 0 });
  expect(body.hours.today[0]).toMatchObject({ consumption: 3, coverage: 0.5 });
  expect(body).toMatchObject({
    gateways: { online: 1, total: 2 },
    outboxReadings: 42,
    history: { done: 5, total: 10, running: true },
  });
});

test('nothing new within the minute: polls get 304', async () => {
  for (const path of ['/city', '/institutions', '/gateways']) {
    harness.clock.now = NOW;
    const { etag } = (await get(path)).headers;
    harness.clock.now = NOW + 59_000;
    expect([path, (await get(path, { 'if-none-match': String(etag) })).statusCode]).toEqual([path, 304]);
  }
  harness.clock.now = NOW;
});

test('power now adds the main meters that reported, on the primary side', async () => {
  const present = Date.now();
  await storeReadings(owner, main, [{ at: present - MINUTE, value: 1_234, point: POWER }]);
  await storeReadings(owner, main + 1, [{ at: present - 20 * MINUTE, value: 5_000, point: POWER }]);
  await storeReadings(owner, main + 2, [{ at: present - MINUTE, value: 900, point: POWER }]);
  const body = (await get('/city')).json();
  expect(body).toMatchObject({ powerKw: 12.34, powerMeters: { reporting: 1, total: 2 } });
});
