import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bookHours, bookSpan, startHarness } from '../../../test/harness.ts';
import type { Person } from '../../../test/people.ts';

const NOW = Date.parse('2026-11-23T12:00:00+08:00');
const at = (text: string): number => Date.parse(`${text}+08:00`);
const harness = await startHarness({ now: NOW });
const { owner, app, get } = harness;
afterAll(() => harness.stop());

let meter = 0;
let other: Person;

beforeAll(async () => {
  const registry = await fixtureRegistry(owner, { meters: [{ code: 'M-1' }, { code: 'M-2' }] });
  meter = registry.meters.get('M-1') ?? 0;
  other = await harness.person('second', { role: 'city-administrator', wholeCity: true });
  await bookHours(owner, meter, [{ at: at('2026-10-05T10:00:00'), counts: 500 }]);
  // over midnight inside the month: in no day, but in the month; over its end: in neither
  await bookSpan(owner, meter, { from: at('2026-10-10T20:00:00'), to: at('2026-10-11T04:00:00'), counts: 200 });
  await bookSpan(owner, meter, { from: at('2026-10-31T20:00:00'), to: at('2026-11-01T04:00:00'), counts: 9_000 });
  await bookHours(owner, registry.meters.get('M-2') ?? 0, [{ at: at('2026-10-06T10:00:00'), counts: 100 }]);
});

const post = (path: string, payload?: object, who?: Person) =>
  app.inject({
    method: 'POST',
    url: `/api/v1${path}`,
    headers: who?.headers ?? { authorization: `Bearer ${harness.token}` },
    ...(payload ? { payload } : {}),
  });
const entries = async () =>
  (await get('/ledger-entries?month=2026-10'))
    .json()
    .items.map(
      (item: { meterCode: string; kind: string; energy: number }) => `${item.meterCode} ${item.kind} ${item.energy}`,
    );

test('G14: closed by two, changed below, reopened by two, closed again: reversal and new entry', async () => {
  const asked = await post('/closed-months', { month: '2026-10', reason: '月结' });
  expect([asked.statusCode, asked.json().pending.by]).toEqual([201, 'tester']);
  const { id } = asked.json();
  expect((await post(`/closed-months/${id}/approval`)).statusCode).toBe(403);
  const closed = await post(`/closed-months/${id}/approval`, undefined, other);
  expect(closed.json()).toMatchObject({
    state: 'closed',
    pending: null,
    history: [{ event: 'close', decidedBy: 'second' }],
  });
  expect(await entries()).toEqual(['M-1 closing 7', 'M-2 closing 1']);

  const edit = { kind: 'book', from: '2026-10-05', to: '2026-10-06', reasonCode: 'other', note: 'x' };
  const refused = await post(`/meters/${meter}/ledger-edits`, edit);
  expect(refused.statusCode).toBe(409);
  expect(refused.json().detail).toMatch(/2026-10.*(reopen|反关账)/);

  await owner.query(`update ledger.day set booked = 650 where meter_id = $1 and day = '2026-10-05'`, [meter]);
  expect((await get('/closed-month-differences')).json().items).toMatchObject([
    { meterCode: 'M-1', closed: 7, now: 8.5 },
  ]);
  expect((await post(`/closed-months/${id}/approval`, undefined, other)).statusCode).toBe(409);
  await post(`/closed-months/${id}/reopening`, { reason: '补录' }, other);
  expect((await post(`/closed-months/${id}/approval`)).json().state).toBe('reopened');
  expect((await post(`/meters/${meter}/ledger-edits`, edit)).statusCode).toBe(201);
  await post('/closed-months', { month: '2026-10', reason: '重新关账' });
  await post(`/closed-months/${id}/approval`, undefined, other);
  // what did not change is not touched
  expect(await entries()).toEqual(['M-1 closing 7', 'M-2 closing 1', 'M-1 reversal -7', 'M-1 correction 8.5']);
  expect((await get('/closed-month-differences')).json().items).toEqual([]);
  const history = (await get('/closed-months')).json().items[0].history;
  expect(history.map(({ event }: { event: string }) => event)).toEqual(['close', 'reopen', 'close']);
});

test('what cannot be asked for is refused with what can', async () => {
  expect((await post('/closed-months', { month: '2026-11', reason: 'x' })).json().errors[0].path).toBe('month');
  expect((await post('/closed-months', { month: '2026-10', reason: 'x' })).statusCode).toBe(409);
  const { id } = (await post('/closed-months', { month: '2026-09', reason: 'x' })).json();
  expect((await post(`/closed-months/${id}/reopening`, { reason: 'x' })).statusCode).toBe(409);
  const back = await post(`/closed-months/${id}/refusal`, undefined, other);
  expect(back.json()).toMatchObject({ state: 'open', pending: null, history: [{ event: 'refuse' }] });
  const division = await harness.person('division', { role: 'division-administrator', division: '320412' });
  expect((await post('/closed-months', { month: '2026-08', reason: 'x' }, division)).statusCode).toBe(403);
  expect((await post('/closed-months/999/refusal', undefined, other)).statusCode).toBe(404);
});
