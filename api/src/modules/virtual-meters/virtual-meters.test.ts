import { settleEnergy } from '@ganzhi/analytics';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { bookHours, startHarness } from '../../../test/harness.ts';

const at = (text: string) => Date.parse(`${text}+08:00`);
const harness = await startHarness({ now: at('2026-11-23T12:00:00') });
const { owner, app, token, get, database } = harness;
afterAll(() => harness.stop());
const analytics = await database.open('ganzhi_analytics');
const settle = () => settleEnergy(analytics, harness.clock.now);

const post = (url: string, payload: object) =>
  app.inject({ method: 'POST', url: `/api/v1${url}`, payload, headers: { authorization: `Bearer ${token}` } });

const { institutionId, meters } = await fixtureRegistry(owner, {
  meters: [{ code: 'P-1' }, { code: 'A-1', parent: 'P-1' }, { code: 'B-1', parent: 'P-1' }],
});
const other = await fixtureRegistry(owner, { institution: 'CZ-0002', gateways: ['GW-2'], meters: [{ code: 'Q-1' }] });
const meter = (code: string) => meters.get(code) ?? 0;
const days = ['2026-11-18', '2026-11-19', '2026-11-20'];
for (const [i, day] of days.entries()) {
  const hour = at(`${day}T08:00:00`);
  await bookHours(owner, meter('P-1'), [{ at: hour, counts: 10_000 + i * 4_000 }]);
  await bookHours(owner, meter('A-1'), [{ at: hour, counts: 5_000 }]);
  await bookHours(owner, meter('B-1'), [{ at: hour, counts: 2_500 + i * 2_000 }]);
}

const base = {
  institutionId,
  nameZh: '虚拟表',
  nameEn: 'Virtual',
  validFrom: '2026-11-01',
  sourceDocument: '一次接线图',
};
const formula = (code: string, text: string) => ({
  kind: 'formula',
  medium: 'electricity',
  code,
  formula: text,
  ...base,
});

test('a remainder is made from the tree and computed back to its first day', async () => {
  const made = await post('/virtual-meters', {
    kind: 'remainder',
    code: 'V-REST',
    parentMeterId: meter('P-1'),
    ...base,
  });
  expect([made.statusCode, made.json().formulas[0].formula]).toEqual([201, '[P-1] - [A-1] - [B-1]']);
  await settle();
  const answer = (await get(`/virtual-meters/${made.json().id}/days?from=2026-11-18&to=2026-11-21`)).json();
  expect([answer.unit, answer.total, answer.atLeast]).toEqual(['kWh', 135, false]);
  expect(answer.items.map((item: { energy: number }) => item.energy)).toEqual([25, 45, 65]);
});

test('unknown meters, cycles and nonsense are refused with the reason', async () => {
  const unknown = await post('/virtual-meters', formula('V-1', '[P-1] + [NOBODY]'));
  expect([unknown.statusCode, unknown.json().errors[0].path]).toEqual([400, 'formula']);
  expect(unknown.json().detail).toContain('NOBODY');
  expect((await post('/virtual-meters', formula('V-1', '[P-1] * [A-1]'))).json().detail).toContain('第 7 个字符');
  expect((await post('/virtual-meters', formula('V-1', '[V-1] + [P-1]'))).json().detail).toContain('V-1 → V-1');
  expect((await post('/virtual-meters', formula('P-1', '[A-1]'))).statusCode).toBe(409);

  const x = (await post('/virtual-meters', formula('V-X', '[A-1]'))).json();
  expect((await post('/virtual-meters', formula('V-Y', '[V-X] / 2'))).statusCode).toBe(201);
  const cycle = await post(`/virtual-meters/${x.id}/formulas`, {
    formula: '[V-Y]',
    validFrom: '2026-12-01',
    sourceDocument: 'x',
  });
  expect([cycle.statusCode, cycle.json().detail]).toEqual([400, expect.stringContaining('V-X → V-Y → V-X')]);
});

test('a balance names the child whose shape the residue repeats, and a silent one makes it undecidable', async () => {
  const read = async (from: string, to: string) =>
    (await get(`/institutions/${institutionId}/balances?from=${from}&to=${to}`)).json().items[0];
  const found = await read('2026-11-18', '2026-11-21');
  expect([found.residue, found.verdict, found.explanations[0].code]).toEqual([135, 'exceeded', 'B-1']);
  expect(found.explanations[0].factor).toBeCloseTo(1, 1);
  const silent = await read('2026-11-17', '2026-11-21');
  expect([silent.verdict, silent.missing, silent.explanations]).toEqual(['undecidable', ['P-1', 'A-1', 'B-1'], []]);
});

test('the tree adds what is on top only, and says "at least" by name', async () => {
  const tree = (await get(`/institutions/${institutionId}/meter-tree?from=2026-11-17&to=2026-11-21`)).json();
  expect(tree.buildings).toHaveLength(1);
  const [item] = tree.buildings[0].items;
  expect([item.energy, item.atLeast, item.missing]).toEqual([420, true, ['P-1']]);
  expect(item.meters.map((one: { code: string; energy: number }) => [one.code, one.energy])).toEqual([
    ['A-1', 150],
    ['B-1', 135],
    ['P-1', 420],
  ]);
});

test('a shared meter leaves its own institution and reaches the others to the last count', async () => {
  const rule = {
    basis: 'fixed',
    validFrom: '2026-11-19',
    sourceDocument: '分摊协议',
    shares: [
      { institutionId, weight: '1' },
      { institutionId: other.institutionId, weight: '2' },
    ],
  };
  const refused = await post(`/meters/${meter('P-1')}/allocation-rules`, { ...rule, shares: [{ institutionId }] });
  expect([refused.statusCode, refused.json().errors[0].path]).toEqual([400, 'shares.0.weight']);
  expect((await post(`/meters/${meter('A-1')}/allocation-rules`, rule)).statusCode).toBe(400);
  expect((await post(`/meters/${meter('P-1')}/allocation-rules`, rule)).statusCode).toBe(201);
  await settle();
  const got = (await get(`/meters/${meter('P-1')}/allocation?from=2026-11-18&to=2026-11-21`)).json();
  expect([got.total, got.unallocated]).toEqual([320, 0]);
  const electricity = async (id: number) =>
    (await get(`/institutions/${id}/indicators?from=2026-11-01&to=2026-12-01`)).json().carriers[0];
  const [own, others] = [await electricity(institutionId), await electricity(other.institutionId)];
  // 100 kWh of the day before the rule, and a third of 320
  expect([own.quantity, others.quantity]).toEqual([206.666667, 213.333333]);
  expect(own.quantity + others.quantity).toBeCloseTo(420, 6);
  expect(others.shares).toEqual({ allocated: 1 });
});
