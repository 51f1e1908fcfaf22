import { settleEnergy } from '@ganzhi/analytics';
import { DAY } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { bookHours, startHarness, storeReadings } from '../../../test/harness.ts';

/** 10 to 14 November: P-1 counts 100 kWh a day, A-1 60, B-1 30, E-1 20. */
const at = (text: string) => Date.parse(`${text}+08:00`);
const harness = await startHarness({ now: at('2026-11-15T12:00:00') });
const { owner, app, token, get, database } = harness;
afterAll(() => harness.stop());
const analytics = await database.open('ganzhi_analytics');

const { institutionId, meters } = await fixtureRegistry(owner, {
  meters: [{ code: 'P-1' }, { code: 'A-1', parent: 'P-1' }, { code: 'B-1' }, { code: 'E-1' }],
});
const meter = (code: string) => meters.get(code) ?? 0;
for (const [code, counts] of [
  ['P-1', 10_000],
  ['A-1', 6_000],
  ['B-1', 3_000],
  ['E-1', 2_000],
] as const) {
  const days = Array.from({ length: 5 }, (_, i) => at('2026-11-10T08:00:00') + i * DAY);
  await bookHours(
    owner,
    meter(code),
    days.map((hour) => ({ at: hour, counts, coveredS: 3_600 })),
  );
  await storeReadings(owner, meter(code), [
    { at: at('2026-11-10T00:00:00'), value: 0 },
    { at: at('2026-11-15T00:00:00'), value: counts * 5 },
  ]);
}

const post = (url: string, payload: object) =>
  app.inject({ method: 'POST', url: `/api/v1${url}`, payload, headers: { authorization: `Bearer ${token}` } });
const fact = (code: string, body: object) =>
  post(`/meters/${meter(code)}/facts`, { validFrom: '2026-11-12', sourceDocument: '配电改造竣工图', ...body });
const span = 'from=2026-11-10&to=2026-11-15';
const electricity = async () =>
  (await get(`/institutions/${institutionId}/indicators?${span}`)).json().carriers[0].quantity;
const consumption = async () => (await get(`/institutions/${institutionId}/consumption?${span}`)).json();

test('a meter that became a sub-meter in mid-period counts until then, and below its parent from then on', async () => {
  expect(await electricity()).toBe(750);
  const made = await post('/virtual-meters', {
    kind: 'remainder',
    code: 'V-REST',
    parentMeterId: meter('P-1'),
    institutionId,
    nameZh: '不明用量',
    nameEn: 'Remainder',
    validFrom: '2026-11-10',
    sourceDocument: '一次接线图',
  });
  expect(made.statusCode).toBe(201);
  expect((await fact('B-1', { role: 'sub', parentId: meter('P-1') })).statusCode).toBe(201);
  await settleEnergy(analytics, harness.clock.now);

  // 5 x (100 + 20) and two days of 30
  expect(await electricity()).toBe(660);
  const figures = await consumption();
  expect([figures.total.consumption, figures.total.atLeast]).toEqual([660, false]);
  expect(figures.items.map((item: { consumption: number }) => item.consumption)).toEqual([150, 150, 120, 120, 120]);
  const [balance] = (await get(`/institutions/${institutionId}/balances?${span}`)).json().items;
  expect([balance.parent, balance.children, balance.residue]).toEqual([500, 390, 110]);
  const tree = (await get(`/institutions/${institutionId}/meter-tree?${span}`)).json();
  expect(tree.totals).toMatchObject([{ medium: 'electricity', energy: 660 }]);
  const rest = (await get(`/virtual-meters/${made.json().id}/days?${span}`)).json();
  expect(rest.items.map((item: { energy: number }) => item.energy)).toEqual([40, 40, 10, 10, 10]);
});

test('what flows out is taken off; a correction of the past moves exactly what depends on it', async () => {
  expect((await fact('E-1', { role: 'main', direction: 'out', validFrom: '2026-11-10' })).statusCode).toBe(201);
  expect(await electricity()).toBe(460);
  expect((await consumption()).total.consumption).toBe(460);
  // it was wrong: B-1 had stood below P-1 since the 11th
  const before = (await get(`/meters/${meter('A-1')}/consumption?${span}`)).json();
  const corrected = await fact('B-1', { role: 'sub', parentId: meter('P-1'), validFrom: '2026-11-11' });
  expect(corrected.json().items.map((item: { validFrom: string | null }) => item.validFrom)).toEqual([
    null,
    '2026-11-11',
    '2026-11-12',
  ]);
  await settleEnergy(analytics, harness.clock.now);
  expect(await electricity()).toBe(430);
  expect((await get(`/meters/${meter('A-1')}/consumption?${span}`)).json()).toEqual(before);
  const { rows } = await owner.query<{ booked: string }>(
    `select sum(booked) as booked from ledger.institution_day where institution_id = $1`,
    [institutionId],
  );
  expect(Number(rows[0]?.booked)).toBe(430);
  expect((await get(`/meters/${meter('B-1')}`)).json()).toMatchObject({ role: 'sub', parentId: meter('P-1') });
});

test('tree, balance, remainder and totals as they stood before the correction', async () => {
  const known = `${span}&knownOn=${encodeURIComponent('2026-11-15T12:30:00+08:00')}`;
  harness.clock.now = at('2026-11-15T13:00:00');
  const [now] = (await get(`/institutions/${institutionId}/balances?${span}`)).json().items;
  expect((await fact('B-1', { role: 'main', validFrom: '2026-11-11' })).statusCode).toBe(201);
  expect((await fact('B-1', { role: 'main', validFrom: '2026-11-12' })).statusCode).toBe(201);
  await owner.query("update ledger.day set known_since = '2026-11-15 08:00+08'");
  await settleEnergy(analytics, harness.clock.now);
  const [changed] = (await get(`/institutions/${institutionId}/balances?${span}`)).json().items;
  const [then] = (await get(`/institutions/${institutionId}/balances?${known}`)).json().items;
  expect([changed.residue, then.residue, then.residue]).toEqual([200, now.residue, 80]);
  const total = async (query: string) =>
    (await get(`/institutions/${institutionId}/meter-tree?${query}`)).json().totals[0].energy;
  expect([await total(span), await total(known)]).toEqual([550, 430]);
  const { items } = (await get('/virtual-meters')).json();
  const days = async (query: string) =>
    (await get(`/virtual-meters/${items[0].id}/days?${query}`))
      .json()
      .items.map((one: { energy: number }) => one.energy);
  expect(await days(span)).toEqual([40, 40, 40, 40, 40]);
  expect(await days(known)).toEqual([40, 10, 10, 10, 10]);
});

test('cycles, missing parents, other media and the future are refused with the reason', async () => {
  const cycle = await fact('P-1', { role: 'sub', parentId: meter('A-1') });
  expect([cycle.statusCode, cycle.json().detail]).toEqual([400, expect.stringContaining('P-1 → A-1 → P-1')]);
  expect((await fact('B-1', { role: 'sub' })).json().errors[0].path).toBe('parentId');
  expect((await fact('B-1', { role: 'main', parentId: meter('P-1') })).statusCode).toBe(400);
  expect((await fact('B-1', { role: 'sub', parentId: meter('B-1') })).statusCode).toBe(400);
  expect((await fact('B-1', { role: 'main', validFrom: '2026-11-16' })).json().errors[0].path).toBe('validFrom');
  expect(
    (await post('/meters/2000000000/facts', { role: 'main', validFrom: '2026-11-12', sourceDocument: 'x' })).statusCode,
  ).toBe(404);
});

test('a change in the registry itself is a record from today on', async () => {
  await owner.query("update registry.meter set role = 'sub', parent_id = $2 where id = $1", [
    meter('B-1'),
    meter('P-1'),
  ]);
  const { items } = (await get(`/meters/${meter('B-1')}/facts`)).json();
  expect(items.at(-1)).toMatchObject({ role: 'sub', parentId: meter('P-1'), direction: 'in', recordedBy: 'registry' });
  expect((await get(`/meters/${meter('B-1')}`)).json()).toMatchObject({ role: 'sub', parentId: meter('P-1') });
});
