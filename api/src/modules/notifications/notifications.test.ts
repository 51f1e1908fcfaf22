import { withTx } from '@ganzhi/schemas/db';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';
import type { Person } from '../../../test/people.ts';
import { notify } from '../../engines/notification/sql.ts';

const harness = await startHarness();
afterAll(() => harness.stop());
let anna: Person;
let boris: Person;

beforeAll(async () => {
  anna = await harness.person('anna', { role: 'filler', wholeCity: true });
  boris = await harness.person('boris', { role: 'filler', wholeCity: true });
  for (const subject of ['approval/1', 'approval/2', 'approval/3']) {
    const title = { zh: '待审批', en: 'To decide' };
    const message = { to: [anna.id], kind: 'approval.waiting', subject, urgent: false, title, text: title };
    await withTx(harness.owner, (tx) => notify(tx, message, harness.clock.now));
  }
});

const call = (person: Person, method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) =>
  harness.inject({ method, url: `/api/v1${url}`, headers: person.headers, ...(payload ? { payload } : {}) });

test('everybody sees his own, newest first, page by page; seen once is seen', async () => {
  const first = (await call(anna, 'GET', '/notifications?limit=2')).json();
  expect(first.items.map((item: { subject: string }) => item.subject)).toEqual(['approval/3', 'approval/2']);
  expect(first.unseen).toBe(3);
  const rest = (await call(anna, 'GET', `/notifications?limit=2&cursor=${first.nextCursor}`)).json();
  expect(rest.items.map((item: { subject: string }) => item.subject)).toEqual(['approval/1']);
  const [{ id }] = first.items;
  expect((await call(boris, 'POST', `/notifications/${id}/seen`)).statusCode).toBe(404);
  for (const _ of [1, 2]) expect((await call(anna, 'POST', `/notifications/${id}/seen`)).statusCode).toBe(204);
  expect((await call(anna, 'GET', '/notifications?unseen=true')).json()).toMatchObject({ unseen: 2 });
  expect((await call(boris, 'GET', '/notifications')).json()).toMatchObject({ items: [], unseen: 0 });
});

test('a channel is one’s own; its secret is shown once; the same address twice is refused', async () => {
  const hook = { channel: 'webhook', address: 'https://oa.example.org/hook', quietFrom: 1_320, quietTo: 420 };
  const created = await call(anna, 'POST', '/notification-channels', hook);
  expect([created.statusCode, created.json().secret.length]).toEqual([201, 43]);
  expect((await call(anna, 'POST', '/notification-channels', hook)).statusCode).toBe(409);
  const { items } = (await call(anna, 'GET', '/notification-channels')).json();
  expect(items).toMatchObject([{ address: hook.address, quietFrom: 1_320, lastError: null }]);
  expect(items[0].secret).toBeUndefined();
  const { id } = created.json();
  expect((await call(boris, 'DELETE', `/notification-channels/${id}`)).statusCode).toBe(404);
  expect((await call(anna, 'DELETE', `/notification-channels/${id}`)).statusCode).toBe(204);
});

test.each([
  [{ channel: 'email', address: 'nobody' }],
  [{ channel: 'webhook', address: 'file:///etc/passwd' }],
  [{ channel: 'email', address: 'a@example.org', quietFrom: 1_440 }],
  [{ channel: 'pager', address: '1' }],
])('refuses %j', async (body) => {
  expect((await call(anna, 'POST', '/notification-channels', body)).statusCode).toBe(400);
});
