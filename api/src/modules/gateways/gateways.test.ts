import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';
import { GATEWAY_SORTS } from './schema.ts';

const harness = await startHarness();
const { owner, get } = harness;
afterAll(() => harness.stop());

const CODES = ['GW-0001', 'GW-0002', 'GW-0003', 'GW-0004', 'GW-0005'];

beforeAll(async () => {
  await fixtureRegistry(owner, { gateways: [...CODES, 'GW-OFF'] });
  await owner.query("update registry.gateway set enabled = false where code = 'GW-OFF'");
  // 0004 and 0005 have never spoken; 0002 and 0003 are alike but for their code
  await owner.query(
    `insert into metering.gateway_state
       (gateway_id, online, changed_at, last_seen_at, outbox_readings, outbox_oldest_at, clock_offset_ms, firmware)
     select id, code <> 'GW-0002', now(), '2026-11-23T12:00:00.123456+08:00', case code when 'GW-0001' then 70 else 3 end,
       '2026-11-23T11:00:00+08:00', -1500, '1.2.0'
     from registry.gateway where code <= 'GW-0003'`,
  );
});

test('a gateway with its state, and one that has never spoken', async () => {
  expect((await get('/gateways/GW-0001')).json()).toEqual({
    code: 'GW-0001',
    institutionId: expect.any(Number),
    institutionNameZh: '测试机关',
    institutionNameEn: 'Test office',
    online: true,
    lastSeenAt: '2026-11-23T12:00:00.123+08:00',
    outboxReadings: 70,
    outboxOldestAt: '2026-11-23T11:00:00.000+08:00',
    clockOffsetS: -1.5,
    clock: null,
    firmware: '1.2.0',
    simulatedTime: false,
  });
  expect((await get('/gateways/GW-0005')).json()).toMatchObject({
    online: false,
    lastSeenAt: null,
    outboxReadings: null,
  });
  expect((await get('/gateways/bad%20code')).statusCode).toBe(400);
});

test.each(GATEWAY_SORTS)('sorted by %s, pages of one are complete and without repetition', async (sort) => {
  const codes: string[] = [];
  let cursor = '';
  do {
    const page = (await get(`/gateways?sort=${sort}&limit=1${cursor && `&cursor=${cursor}`}`)).json();
    codes.push(...page.items.map((item: { code: string }) => item.code));
    cursor = page.nextCursor ?? '';
  } while (cursor && codes.length < 20);
  const whole = (await get(`/gateways?sort=${sort}`)).json();
  expect(codes).toEqual(whole.items.map((item: { code: string }) => item.code));
  expect([...codes].sort()).toEqual(CODES);
});

test('most in the outbox first; gateways without a figure last, whichever way', async () => {
  const order = async (sort: string) =>
    (await get(`/gateways?sort=${sort}`))
      .json()
      .items.map((item: { code: string }) => item.code.slice(-1))
      .join('');
  expect(await order('-outboxReadings')).toBe('12345');
  expect(await order('outboxReadings')).toBe('23145');
});

test('filters', async () => {
  expect((await get('/gateways?online=true')).json().total).toBe(2);
  expect((await get('/gateways?online=false')).json().total).toBe(3);
  expect((await get(`/gateways?search=${encodeURIComponent('测试')}`)).json().total).toBe(5);
  expect((await get('/gateways?search=0003')).json().items).toHaveLength(1);
  expect((await get('/gateways?search=%25')).json().total).toBe(0);
});

test('a cursor of another order is refused', async () => {
  const { nextCursor } = (await get('/gateways?limit=1')).json();
  const answer = await get(`/gateways?limit=1&sort=-code&cursor=${nextCursor}`);
  expect([answer.statusCode, answer.json().errors[0].path]).toEqual([400, 'cursor']);
});
