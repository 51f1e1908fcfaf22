import { HOUR } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { bookHours, bookSpan, startHarness } from '../../../test/harness.ts';

const harness = await startHarness({ now: Date.parse('2026-08-23T12:00:00+08:00') });
const { owner, app, token, get } = harness;
afterAll(() => harness.stop());
const post = (url: string, payload: object) =>
  app.inject({ method: 'POST', url: `/api/v1${url}`, payload, headers: { authorization: `Bearer ${token}` } });

const { institutionId, meters } = await fixtureRegistry(owner);
const meter = meters.get('M-1') ?? 0;
const midnight = Date.parse('2026-07-15T00:00:00+08:00');
const kwh = (hour: number) => (hour < 6 ? 40 : hour < 8 ? 60 : hour < 18 ? 150 : hour < 22 ? 80 : 45);
const costs = async () =>
  (await get(`/institutions/${institutionId}/electricity-costs?from=2026-07-01&to=2026-08-01`)).json();

test('TV-20 through the API: a summer day by band, beside what is not priced and not banded', async () => {
  await bookHours(
    owner,
    meter,
    Array.from({ length: 24 }, (_, hour) => ({ at: midnight + hour * HOUR, counts: kwh(hour) * 100 })),
  );
  expect(await costs()).toMatchObject({ tariffCny: null, unpricedHours: 24, bands: [] });
  const assignment = { tariffCode: 'jiangsu-single-100kva', validFrom: '2026-01-01', sourceDocument: '供用电合同' };
  expect(
    (await post(`/institutions/${institutionId}/tariff-assignments`, { ...assignment, tariffCode: 'none' })).statusCode,
  ).toBe(400);
  expect((await post(`/institutions/${institutionId}/tariff-assignments`, assignment)).statusCode).toBe(201);
  const priced = await costs();
  const bands = priced.bands.map((one: { band: string; quantity: number }) => [one.band, one.quantity]);
  expect(Object.fromEntries(bands)).toEqual({ peak: 920, flat: 810, valley: 540 });
  expect([priced.tariffCny, priced.sample, priced.versions.tariffs.length]).toEqual([1706.2, true, 1]);
  await bookSpan(owner, meter, { from: midnight - 4 * HOUR, to: midnight - HOUR, counts: 22_700 });
  const loose = await costs();
  expect([loose.unbanded, loose.tariffCny]).toEqual([{ quantity: 227, cny: 170.62 }, 1876.82]);
});

test('a gap is priced by its estimated hours; a silent meter beside every total', async () => {
  const rows = (hours: readonly number[], unsettled: boolean, fromTs: number) =>
    owner.query(
      `insert into ledger.estimate (meter_id, point, hour, from_ts, counts, ratio, method, unsettled)
       select $1, 1, $2::timestamptz + h * interval '1 hour', $3, c, 1, 'like-day', $4 from unnest($5::int4[], $6::int8[]) n(h, c)`,
      [
        meter,
        new Date(midnight),
        new Date(fromTs),
        unsettled,
        hours,
        hours.map((hour) => (hour === -3 ? 2_700 : 10_000)),
      ],
    );
  // the gap of the day before, 20:00 to 23:00: flat from 22:00, peak before (summer, 14 to 22)
  await rows([-4, -3, -2], false, midnight - 4 * HOUR);
  // silent in the next night: 100 kWh of valley
  await rows([26], true, midnight + 25 * HOUR);
  const { bands, estimated, unsettled, unbanded, quantity, tariffCny } = await costs();
  const byBand = Object.fromEntries(bands.map((one: { band: string; quantity: number }) => [one.band, one.quantity]));
  expect(byBand).toEqual({ peak: 1_047, flat: 910, valley: 540 });
  expect([estimated, unbanded]).toEqual([
    { quantity: 227, cny: 194.46 },
    { quantity: 0, cny: 0 },
  ]);
  expect([quantity, tariffCny]).toEqual([2_497, 1_900.66]);
  expect(unsettled).toEqual({ quantity: 100, cny: 44 });
});

test('a tariff with a hole in its hours is refused; the bill stands beside the tariff', async () => {
  const { items } = (await get('/tariffs')).json();
  const { id: _, recordedBy: __, ...tariff } = items[0];
  const [summer, ...others] = tariff.content.seasons;
  const hole = { ...tariff.content, seasons: [{ ...summer, slots: summer.slots.slice(1) }, ...others] };
  const refused = await post('/tariffs', { ...tariff, content: hole });
  expect([refused.statusCode, refused.json().errors[0].path]).toEqual([400, 'content.seasons']);
  expect((await post('/tariffs', { ...tariff, code: 'own', sample: false })).statusCode).toBe(201);
  const account = { institutionId, carrier: 'electricity', accountNo: 'E-1', supplier: '供电公司', counting: 'check' };
  const { id: accountId } = (await post('/utility-accounts', account)).json();
  const bill = { accountId, from: '2026-06-16', to: '2026-07-16', quantity: '3000', costCny: '2100', documentRef: 'x' };
  expect((await post('/bills', bill)).statusCode).toBe(201);
  expect((await costs()).billedCny).toBe(1050);
});
