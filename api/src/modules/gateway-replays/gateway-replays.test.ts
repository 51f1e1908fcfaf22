import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';
import { figuresOf } from './rules.ts';

const NOW = Date.parse('2026-11-23T12:00:00+08:00');
const harness = await startHarness({ now: NOW });
const { owner, get } = harness;
afterAll(() => harness.stop());

beforeAll(async () => {
  await fixtureRegistry(owner, { gateways: ['GW-0001', 'GW-0002', 'GW-0003'], meters: [] });
  await owner.query(
    `insert into metering.gateway_state (gateway_id, online, changed_at, last_seen_at, outbox_readings)
     select id, true, now(), now(), case code when 'GW-0001' then 30000 when 'GW-0002' then 0 end from registry.gateway`,
  );
  const at = (s: number) => new Date(NOW - s * 1_000).toISOString();
  // GW-0001 has replayed for ten minutes at 100/s; GW-0002 has just ended; GW-0003 stopped an hour ago
  await owner.query(
    `insert into metering.gateway_replay (gateway_id, since, last_at, readings, rate_per_s, granted_per_s)
     select g.id, v.since, v.last_at, v.readings, v.rate, v.granted from (values
       ('GW-0001', $1::timestamptz, $2::timestamptz, 60000, 100.0, 120),
       ('GW-0002', $1, $2, 500, 7.0, null),
       ('GW-0003', $3, $4, 10, 3.0, 50)) as v(code, since, last_at, readings, rate, granted)
     join registry.gateway g using (code)`,
    [at(600), at(2), at(4_000), at(3_600)],
  );
});

test('progress, rate and time left of each backlog, and of those that move together', async () => {
  const { items, total, sum } = (await get('/gateway-replays')).json();
  expect(total).toBe(3);
  expect(items[0]).toEqual({
    gatewayCode: 'GW-0001',
    institutionNameZh: '测试机关',
    institutionNameEn: 'Test office',
    online: true,
    active: true,
    since: '2026-11-23T11:50:00.000+08:00',
    lastAt: '2026-11-23T11:59:58.000+08:00',
    readings: 60_000,
    remainingReadings: 30_000,
    progress: 60_000 / 90_000,
    ratePerS: 100,
    grantedPerS: 120,
    etaS: 300,
  });
  expect(items[1]).toMatchObject({ progress: 1, etaS: 0, grantedPerS: null });
  expect(items[2]).toMatchObject({ active: false, ratePerS: 0, remainingReadings: null, progress: null, etaS: null });
  expect(sum).toEqual({ gateways: 2, remainingReadings: 30_000, ratePerS: 107, etaS: 281 });
});

test('filters and pages', async () => {
  const codes = async (query: string) =>
    (await get(`/gateway-replays?${query}`)).json().items.map((item: { gatewayCode: string }) => item.gatewayCode);
  expect(await codes('gateway=GW-0002')).toEqual(['GW-0002']);
  expect(await codes('active=true')).toEqual(['GW-0001', 'GW-0002']);
  expect(await codes('active=false')).toEqual(['GW-0003']);
  const { items, nextCursor } = (await get('/gateway-replays?limit=2')).json();
  expect(items).toHaveLength(2);
  expect(await codes(`limit=2&cursor=${nextCursor}`)).toEqual(['GW-0003']);
});

test('a mean that is young is scaled up by what it lacks; nothing that moves has no end in sight', () => {
  const base = { since: 0, lastAt: 10_000, readings: 1_000, remaining: 500 };
  // 100 a second for ten seconds, as ingest's exponential mean sees it
  const young = figuresOf({ ...base, ratePerS: 100 * (1 - Math.exp(-10 / 30)) }, 10_000);
  expect(young).toEqual({ active: true, ratePerS: 100, progress: 1_000 / 1_500, etaS: 5 });
  expect(figuresOf({ ...base, ratePerS: 0 }, 10_000).etaS).toBeNull();
  expect(figuresOf({ ...base, ratePerS: 50, remaining: null }, 10_000)).toMatchObject({ progress: null, etaS: null });
});
