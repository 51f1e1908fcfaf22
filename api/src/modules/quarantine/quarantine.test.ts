import { afterAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';

const harness = await startHarness();
const { owner, get } = harness;
afterAll(() => harness.stop());

test('refused readings, newest first, page by page; newcomers do not shift the pages', async () => {
  const insert = (i: number) =>
    owner.query(
      `insert into metering.quarantine (received_at, gateway_code, reason, detail, payload, digest)
       values ('2026-11-23T12:00:00+08:00', 'GW-0001', 'unknown-meter', 'M-9', $1, sha256($2))`,
      [JSON.stringify({ m: 'M-9', x: i }), Buffer.from([i])],
    );
  for (let i = 1; i <= 5; i += 1) await insert(i);
  const first = (await get('/quarantine?limit=2')).json();
  expect(first.items[0]).toEqual({
    id: '5',
    receivedAt: '2026-11-23T12:00:00.000+08:00',
    gatewayCode: 'GW-0001',
    reason: 'unknown-meter',
    detail: 'M-9',
    payload: { m: 'M-9', x: 5 },
  });
  await insert(6);
  const second = (await get(`/quarantine?limit=2&cursor=${first.nextCursor}`)).json();
  const third = (await get(`/quarantine?limit=2&cursor=${second.nextCursor}`)).json();
  expect([...second.items, ...third.items].map((item) => item.id)).toEqual(['3', '2', '1']);
  expect(third.nextCursor).toBeNull();
});
