import { HOUR, MINUTE, quantityByCode } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { bookHours, startHarness, storeReadings } from '../../../test/harness.ts';

/** July 2026 with two hours: one whose quarters are known (10, 40, 30, 20 kWh), one without (60 kWh). */
const at = (text: string) => Date.parse(`${text}+08:00`);
const harness = await startHarness({ now: at('2026-08-23T12:00:00') });
const { owner, app, token, get } = harness;
afterAll(() => harness.stop());
const post = (url: string, payload: object) =>
  app.inject({ method: 'POST', url: `/api/v1${url}`, payload, headers: { authorization: `Bearer ${token}` } });

const { institutionId, meters } = await fixtureRegistry(owner, {
  meters: [{ code: 'M-1', points: { 'energy.import': 2, 'energy.reactive': 2 } }],
});
const meter = meters.get('M-1') ?? 0;
const url = `/institutions/${institutionId}`;
const known = { knownSince: at('2026-07-20T00:00:00') };
const costs = async (query = 'from=2026-07-01&to=2026-08-01') =>
  (await get(`${url}/electricity-costs?${query}`)).json();

test('contracted demand, power factor and their cost beside that of energy', async () => {
  const noon = at('2026-07-15T12:00:00');
  await bookHours(owner, meter, [
    { at: noon, counts: 10_000, ...known },
    { at: noon + 5 * HOUR, counts: 6_000, ...known },
  ]);
  const registers = [0, 1_000, 5_000, 8_000, 10_000];
  await storeReadings(
    owner,
    meter,
    registers.map((value, i) => ({ at: noon + i * 15 * MINUTE, value })),
  );
  const point = quantityByCode('energy.reactive')?.id ?? 0;
  // 160 kWh and 120 kvarh: 0.80
  await bookHours(owner, meter, [{ at: noon, counts: 12_000, point, ...known }]);

  const { items } = (await get('/tariffs')).json();
  const { id: _, recordedBy: __, ...tariff } = items[0];
  const capacity = { perKvaMonth: '28', perKwDemandMonth: '40' };
  const content = { ...tariff.content, capacity };
  expect((await post('/tariffs', { ...tariff, code: 'own', content })).statusCode).toBe(201);
  const assignment = { tariffCode: 'own', validFrom: '2026-01-01', sourceDocument: '供用电合同' };
  expect((await post(`${url}/tariff-assignments`, assignment)).statusCode).toBe(201);
  expect(await costs()).toMatchObject({ charges: [], partialMonths: [] });

  const contract = { validFrom: '2026-01-01', sourceDocument: '供用电合同', powerFactorStandard: '0.90' };
  const missing = await post(`${url}/supply-contracts`, { ...contract, basis: 'contract-demand' });
  expect([missing.statusCode, missing.json().errors[0].path]).toEqual([400, 'demandKw']);
  const made = await post(`${url}/supply-contracts`, { ...contract, basis: 'contract-demand', demandKw: '100' });
  expect(made.statusCode).toBe(201);
  expect((await get(`${url}/supply-contracts`)).json().items).toEqual([made.json()]);

  const { tariffCny, charges, totalCny, quantity } = await costs();
  expect(quantity).toBe(160);
  // the quarter of 40 kWh is 160 kW: 55 kW above 105 % of 100 kW, at twice the price besides
  const basicCny = 100 * 40 + 55 * 40 * 2;
  expect(charges).toMatchObject([
    {
      month: '2026-07',
      measuredDemandKw: 160,
      demandAtLeast: true,
      basicCny,
      powerFactor: 0.8,
      adjustmentShare: 0.05,
      adjustmentCny: Math.round((tariffCny + basicCny) * 5) / 100,
    },
  ]);
  expect(totalCny).toBeCloseTo(tariffCny + basicCny + charges[0].adjustmentCny, 2);
});

test('by the month only; as known before, and with a meter that tells no reactive energy', async () => {
  const touched = await costs('from=2026-07-10&to=2026-08-20');
  expect([touched.charges, touched.partialMonths]).toEqual([[], ['2026-07', '2026-08']]);
  const before = await costs('from=2026-07-01&to=2026-08-01&knownOn=2026-08-01');
  expect([before.charges, before.quantity, before.tariffCny]).toEqual([[], 160, null]);
  await fixtureMeter();
  const [charge] = (await costs()).charges;
  expect([charge.powerFactor, charge.withoutReactive, charge.adjustmentCny]).toEqual([null, ['M-2'], null]);
  const answer = await costs();
  expect([answer.totalCny, answer.atLeast, answer.missing.includes('M-2')]).toEqual([null, true, true]);
});

async function fixtureMeter(): Promise<void> {
  await owner.query(
    `insert into registry.meter (code, institution_id, name_zh, name_en, medium, role, template, interval_s)
     values ('M-2', $1, '表', 'Meter', 'electricity', 'main', 'eastron-sdm630', 900)`,
    [institutionId],
  );
  await owner.query(
    "insert into registry.point (meter_id, point, decimals) select id, 1, 2 from registry.meter where code = 'M-2'",
  );
}
