import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarness, storeReadings } from '../../../test/harness.ts';
import type { Person } from '../../../test/people.ts';

const NOW = Date.parse('2026-11-23T12:00:00+08:00');
const harness = await startHarness({ now: NOW });
const { owner, app, get } = harness;
afterAll(() => harness.stop());

let meter = 0;
let other: Person;

beforeAll(async () => {
  const registry = await fixtureRegistry(owner, { meters: [{ code: 'M-1', ct: 30 }] });
  meter = registry.meters.get('M-1') ?? 0;
  other = await harness.person('second', { role: 'city-administrator', wholeCity: true });
  await storeReadings(owner, meter, [{ at: NOW - 3_600_000, value: 5_432_100 }]);
});

const post = (path: string, payload?: object, who?: Person, headers: Record<string, string> = {}) =>
  app.inject({
    method: 'POST',
    url: `/api/v1${path}`,
    headers: { ...(who?.headers ?? { authorization: `Bearer ${harness.token}` }), ...headers },
    ...(payload ? { payload } : {}),
  });
const common = { reasonCode: 'meter-replaced', note: '现场更换' };
const replacement = {
  kind: 'replacement',
  from: '2026-11-23T11:30:00+08:00',
  closing: '54321.00',
  opening: '0',
  ct: 60,
  attachment: 'photo-1',
  ...common,
};
const marks = async () => {
  const { rows } = await owner.query<{ from: number; to: number; cause: string }>(
    'delete from metering.dirty_span where meter_id = $1 returning from_ts as "from", to_ts as "to", cause',
    [meter],
  );
  return rows;
};

test('a replacement holds when a second person approved it, once', async () => {
  const proposed = await post(`/meters/${meter}/ledger-edits`, replacement);
  expect(proposed.statusCode).toBe(201);
  const { id } = proposed.json();
  expect(proposed.json()).toMatchObject({
    status: 'proposed',
    content: { closing: '54321.00', opening: '0.00', ct: 60, pt: 1 },
    proposedBy: 'tester',
  });
  expect(await marks()).toEqual([]);

  const alone = await post(`/ledger-edits/${id}/approval`);
  expect([alone.statusCode, alone.json().code]).toEqual([403, 'forbidden']);
  const approved = await post(`/ledger-edits/${id}/approval`, undefined, other);
  expect(approved.json()).toMatchObject({ status: 'approved', decidedBy: 'second' });
  expect((await post(`/ledger-edits/${id}/approval`, undefined, other)).statusCode).toBe(409);

  const at = Date.parse(replacement.from);
  const facts = await owner.query('select closing, opening, photo, approved_by from registry.meter_replacement');
  expect(facts.rows).toEqual([{ closing: 5_432_100n, opening: 0n, photo: 'photo-1', approved_by: 'second' }]);
  const ratios = await owner.query('select ct from registry.meter_ratio where meter_id = $1 order by valid_from', [
    meter,
  ]);
  expect(ratios.rows).toEqual([{ ct: 30 }, { ct: 60 }]);
  expect(await marks()).toEqual([{ from: at, to: NOW, cause: 'replacement' }]);

  await post(`/ledger-edits/${id}/withdrawal`, undefined, other);
  expect((await owner.query('select from registry.meter_replacement')).rowCount).toBe(0);
  expect((await owner.query('select from registry.meter_ratio where meter_id = $1', [meter])).rowCount).toBe(1);
  expect(await marks()).toHaveLength(1);
  const trail = await owner.query<{ action: string }>(
    `select action from platform.audit where action like 'ledger-edit.%' order by id`,
  );
  expect(trail.rows.map(({ action }) => action)).toEqual([
    'ledger-edit.propose',
    'ledger-edit.approve',
    'ledger-edit.withdraw',
  ]);
});

test('a ratio over another one is refused with the record in the way and the remedy', async () => {
  const ratio = { kind: 'ratio', from: '2026-11-01', ct: 40, pt: 1, ...common };
  const { id } = (await post(`/meters/${meter}/ledger-edits`, { ...ratio, to: '2026-11-10' })).json();
  await post(`/ledger-edits/${id}/approval`, undefined, other);
  const { rows } = await owner.query('select ct from registry.meter_ratio where meter_id = $1 order by valid_from', [
    meter,
  ]);
  expect(rows).toEqual([{ ct: 30 }, { ct: 40 }, { ct: 30 }]);
  const [mark] = await marks();
  expect(mark).toMatchObject({ cause: 'ratio', to: Date.parse('2026-11-10T00:00:00+08:00') });

  const over = await post(`/meters/${meter}/ledger-edits`, { ...ratio, from: '2026-10-20', to: '2026-11-05' });
  expect(over.statusCode).toBe(409);
  expect(over.json().detail).toContain('CT 40');
  expect((await post(`/meters/${meter}/ledger-edits`, ratio)).statusCode).toBe(409);
});

test('what cannot be is refused, and the field is named', async () => {
  const refused = async (change: object) => {
    const answer = await post(`/meters/${meter}/ledger-edits`, { ...replacement, ...change });
    return [answer.statusCode, answer.json().errors?.[0]?.path];
  };
  expect(await refused({ closing: '54320.99' })).toEqual([400, 'closing']);
  expect(await refused({ opening: '0.001' })).toEqual([400, 'opening']);
  expect(await refused({ closing: '-1' })).toEqual([400, 'closing']);
  const turned = { kind: 'book', from: '2026-11-23', to: '2026-11-22', ...common };
  expect((await post(`/meters/${meter}/ledger-edits`, turned)).json().errors[0].path).toBe('to');
  expect((await post('/meters/999/ledger-edits', replacement)).statusCode).toBe(404);
});

test('an edit of readings marks just them; the same key writes once; lists page', async () => {
  const body = { kind: 'set-aside', from: '2026-11-22', to: '2026-11-22T01:00:00+08:00', ...common };
  const first = await post(`/meters/${meter}/ledger-edits`, body, undefined, { 'idempotency-key': 'k-1' });
  const again = await post(`/meters/${meter}/ledger-edits`, body, undefined, { 'idempotency-key': 'k-1' });
  expect(again.json()).toEqual(first.json());
  await post(`/ledger-edits/${first.json().id}/approval`, undefined, other);
  expect(await marks()).toMatchObject([{ to: Date.parse(body.to), cause: 'edit' }]);
  const rejected = (await post(`/meters/${meter}/ledger-edits`, body)).json().id;
  expect((await post(`/ledger-edits/${rejected}/rejection`, undefined, other)).json().status).toBe('rejected');

  const seen: number[] = [];
  let cursor = '';
  do {
    const page = (await get(`/ledger-edits?limit=2&meterId=${meter}${cursor && `&cursor=${cursor}`}`)).json();
    seen.push(...page.items.map((item: { id: number }) => item.id));
    cursor = page.nextCursor ?? '';
  } while (cursor);
  expect(seen).toHaveLength(4);
  expect(seen).toEqual(seen.toSorted((a, b) => b - a));
  expect((await get('/ledger-edits?status=rejected')).json().items).toHaveLength(1);
  expect((await get(`/ledger-edits/${rejected}`)).json().note).toBe('现场更换');
});
