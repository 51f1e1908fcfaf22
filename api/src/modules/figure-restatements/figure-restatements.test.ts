import { HOUR } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';

const at = (text: string) => Date.parse(`${text}+08:00`);
const harness = await startHarness({ now: at('2026-11-10T09:00:00') });
const { owner, app, token, get, clock } = harness;
afterAll(() => harness.stop());
const post = async (url: string, payload: object) => {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await app.inject({ method: 'POST', url: `/api/v1${url}`, payload, headers });
  expect(answer.statusCode).toBeLessThan(300);
  return answer.json();
};
const { institutionId: id, meters } = await fixtureRegistry(owner, { meters: [{ code: 'M-1' }] });
const since = encodeURIComponent('2026-11-10T10:00:00+08:00');
const list = async (query = '') => (await get(`/figure-restatements?since=${since}${query}`)).json();
const pick = (one: { kind: string; day: string; before: number | null; after: number | null }) => [
  one.kind,
  one.day,
  one.before,
  one.after,
];

/** Before the instant: a bill and an area; after it: late bill, voided bill, corrected area, and much that changes no past. */
beforeAll(async () => {
  const account = {
    institutionId: id,
    carrier: 'natural-gas',
    accountNo: 'G-1',
    supplier: '燃气公司',
    counting: 'additional',
  };
  const { id: accountId } = await post('/utility-accounts', account);
  const bill = (from: string, to: string, quantity: string) =>
    post('/bills', { accountId, from, to, quantity, costCny: null, documentRef: `票 ${from}` });
  const area = (value: string, validFrom: string) =>
    post(`/institutions/${id}/base-facts`, { kind: 'area', value, validFrom, sourceDocument: '产权证' });
  const first = await bill('2026-08-01', '2026-09-01', '300');
  await area('3000', '2026-01-01');
  clock.now += 2 * HOUR;
  expect((await list()).items).toEqual([]);
  await bill('2026-09-01', '2026-10-01', '310');
  clock.now += HOUR;
  await post(`/bills/${first.id}/void`, { reason: '抄错' });
  clock.now += HOUR;
  await area('3100', '2026-01-01');
  await area('3500', '2026-11-10');
});

test('late and voided bills and corrected areas, latest first, with what they were and why', async () => {
  const { items } = await list(`&institutionId=${id}`);
  expect(items.map(pick)).toEqual([
    ['area', '2026-01-01', 3000, 3100],
    ['bill', '2026-08-01', 300, null],
    ['bill', '2026-09-01', null, 310],
  ]);
  expect(items[1]).toMatchObject({ name: 'G-1', cause: '抄错', by: 'tester', institutionId: id });
  const then = await list(`&knownOn=${encodeURIComponent('2026-11-10T11:30:00+08:00')}`);
  expect(then.items.map(pick)).toEqual([['bill', '2026-09-01', null, 310]]);
});

test('days of virtual and shared meters, factors, contracts, holders and years closed again', async () => {
  const [meter, day] = [meters.get('M-1') ?? 0, '2026-11-01'];
  const [knownSince, knownUntil] = [new Date(at('2026-11-02T00:00:00')), new Date(at('2026-11-10T13:30:00'))];
  await owner.query(
    `with v as (insert into energy.virtual_meter (code, institution_id, medium, kind, name_zh, name_en, created_by)
       values ('V-1', $1, 'electricity', 'formula', 'x', 'x', 'x') returning id),
     f as (insert into energy.virtual_formula (virtual_meter_id, valid_from, formula, source_document, recorded_by)
       select id, '2026-01-01', 'x', 'x', 'x' from v returning id, virtual_meter_id),
     s as (insert into energy.superseded_virtual_day (virtual_meter_id, day, formula_id, energy, missing, known_since, known_until)
       select virtual_meter_id, $2, id, 5, '{}', $3, $4 from f)
     insert into energy.virtual_day (virtual_meter_id, day, formula_id, energy, missing, known_since)
     select virtual_meter_id, $2, id, 7, '{}', $4 from f`,
    [id, day, knownSince, knownUntil],
  );
  await owner.query(
    `with r as (insert into energy.allocation_rule (meter_id, valid_from, basis, source_document, recorded_by)
       values ($1, '2026-01-01', 'none', 'x', 'x') returning id)
     insert into energy.superseded_allocated_day (meter_id, day, institution_id, rule_id, medium, unallocated, energy, known_since, known_until)
     select $1, $2, $3, id, 'electricity', false, 4, $4, $5 from r`,
    [meter, day, id, knownSince, knownUntil],
  );
  clock.now = at('2026-11-10T14:00:00');
  await post(`/institutions/${id}/supply-contracts`, {
    basis: 'none',
    validFrom: '2026-01-01',
    sourceDocument: '合同',
  });
  await owner.query(
    `insert into registry.former_holding (meter_id, institution_id, from_day, to_day, medium, role, code, recorded_at)
     values ($1, $2, '-infinity', '2026-10-01', 'electricity', 'main', 'M-1', $3)`,
    [meter, id, new Date(clock.now)],
  );
  for (const [closedAt, kgce] of [
    ['2026-02-01T00:00:00+08:00', 10],
    ['2026-11-10T14:00:00+08:00', 12],
  ]) {
    await owner.query(
      `insert into energy.indicator_snapshot (institution_id, year, figures, closed_at, closed_by, reason)
       values ($1, 2025, jsonb_build_object('comprehensiveKgce', $3::numeric), $2, 'tester', '更正')`,
      [id, closedAt, kgce],
    );
  }
  const { items } = await list();
  const others = items.filter((one: { kind: string }) => !['bill', 'area'].includes(one.kind)).map(pick);
  expect(others.sort()).toEqual([
    ['allocation', day, 4, null],
    ['closed-year', '2025-01-01', 10, 12],
    ['holder', '2026-10-01', null, null],
    ['supply-contract', '2026-01-01', null, null],
    ['virtual-meter', day, 5, 7],
  ]);
  const first = await list('&limit=3');
  const rest = await list(`&limit=100&cursor=${first.nextCursor}`);
  expect([...first.items, ...rest.items]).toEqual(items);
  expect((await list('&kind=holder')).items).toHaveLength(1);
});
