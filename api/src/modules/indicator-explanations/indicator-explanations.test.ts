import { HOUR } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bookHours, startHarness, storeReadings } from '../../../test/harness.ts';

/** From an indicator down to the frame: each step is an answer of the API, and each adds up to the one above. */
const at = (text: string) => Date.parse(`${text}+08:00`);
const harness = await startHarness({ now: at('2026-11-23T12:00:00') });
const { owner, app, token, get } = harness;
afterAll(() => harness.stop());
const post = (url: string, payload: object) =>
  app.inject({ method: 'POST', url: `/api/v1${url}`, payload, headers: { authorization: `Bearer ${token}` } });

const { institutionId: id, meters } = await fixtureRegistry(owner, { meters: [{ code: 'M-1' }, { code: 'M-2' }] });
const [first = 0, second = 0] = [meters.get('M-1'), meters.get('M-2')];
const noon = at('2026-04-10T12:00:00');
const span = 'from=2026-04-01&to=2026-05-01';
const explain = async (indicator: string, query = span) =>
  (await get(`/institutions/${id}/indicator-explanation?indicator=${indicator}&${query}`)).json();

beforeAll(async () => {
  const knownSince = noon + HOUR;
  await bookHours(owner, first, [{ at: noon, counts: 100_000, knownSince }]);
  await bookHours(owner, second, [{ at: noon, counts: 50_000, knownSince }]);
  await owner.query("select metering.ensure_partition('metering.reading', $1)", [new Date(noon)]);
  await owner.query(
    `with b as (
       insert into metering.batch (gateway_id, batch, seq, readings, received_at, digest, replay)
       select id, gen_random_uuid(), 1, 1, $2, '\\xabcd', false from registry.gateway limit 1 returning id)
     insert into metering.reading (meter_id, point, quality, ts, value, batch_id) select $1, 1, 0, $3, 5, b.id from b`,
    [first, new Date(noon + HOUR / 2), new Date(noon + HOUR / 4)],
  );
  await storeReadings(owner, second, [{ at: noon, value: 5 }]);
  await owner.query(
    `insert into metering.failure_hour (meter_id, hour, first_ts, last_ts, code, failures)
     values ($1, $2, $2, $3, 'crc', 3)`,
    [first, new Date(noon), new Date(noon + HOUR / 2)],
  );
  const account = {
    institutionId: id,
    carrier: 'natural-gas',
    accountNo: 'G-1',
    supplier: '燃气公司',
    counting: 'additional',
  };
  const { id: accountId } = (await post('/utility-accounts', account)).json();
  const bill = {
    accountId,
    from: '2026-04-01',
    to: '2026-05-01',
    quantity: '300',
    costCny: '1000',
    documentRef: '票-7',
  };
  expect((await post('/bills', bill)).statusCode).toBe(201);
});

test('energy per area: formula, factors with their documents, meters and bills, and they add up', async () => {
  const answer = await explain('per-area');
  const figures = (await get(`/institutions/${id}/indicators?${span}`)).json();
  expect([answer.value, answer.denominator, answer.unit]).toEqual([figures.perAreaKgce, 3000, 'kgce/m²']);
  expect(answer.numerator / answer.denominator).toBeCloseTo(answer.value, 5);
  expect(answer.formula.zh).toContain('建筑面积');
  const [electricity, gas] = answer.terms;
  expect(electricity).toMatchObject({ carrier: 'electricity', quantity: 1_500, contribution: 1_500 * 0.1229 });
  expect(electricity.factors.map((one: { kind: string; value: string }) => [one.kind, one.value])).toEqual([
    ['coefficient', '0.1229'],
    ['emission', '0.5827'],
  ]);
  expect(electricity.factors[0].sourceDocument).not.toBe('');
  expect(electricity.sources.map((one: { name: string; quantity: number }) => [one.name, one.quantity])).toEqual([
    ['M-1', 1_000],
    ['M-2', 500],
  ]);
  expect(gas.sources).toMatchObject([{ kind: 'bill', name: 'G-1', class: 'derived', quantity: 300, document: '票-7' }]);
  expect(answer.missing).toEqual(figures.missing);
});

test('down to ledger rows, readings, batch, gateway and error codes by the links', async () => {
  const { terms } = await explain('comprehensive', 'from=2026-04-10&to=2026-04-11');
  const [days, day] = terms[0].sources[0].links;
  const follow = async (link: string) => (await get(link.replace('/api/v1', ''))).json();
  expect((await follow(days)).total.consumption).toBe(1_000);
  const chain = await follow(day);
  expect(chain.figure.booked).toBe(1_000);
  expect(chain.hours).toMatchObject([{ counts: '100000', source: 'measured' }]);
  expect(chain.failures).toMatchObject([{ code: 'crc', count: 3 }]);
  const { readings } = (
    await get(`/meters/${first}/explanation?from=2026-04-10T12:00:00%2B08:00&to=2026-04-10T13:00:00%2B08:00`)
  ).json();
  expect(readings).toMatchObject([{ counts: '5', gateway: 'GW-0001', digest: 'abcd' }]);
});

test.each([
  ['comprehensive', 'comprehensiveKgce'],
  ['per-capita', 'perCapitaKgce'],
  ['water-per-capita', 'waterPerCapitaM3'],
  ['carbon', 'carbonKg'],
  ['carbon-per-area', 'carbonPerAreaKg'],
])('%s is what the indicators say', async (indicator, field) => {
  const [answer, figures] = [await explain(indicator), (await get(`/institutions/${id}/indicators?${span}`)).json()];
  expect(answer.value).toBe(figures[field]);
  if (answer.value !== null) expect(answer.numerator / (answer.denominator ?? 1)).toBeCloseTo(answer.value, 5);
});

test('PUE by its meters; a closed year is explained by what was known then', async () => {
  expect(await explain('power-usage-effectiveness')).toMatchObject({ value: null, terms: [] });
  for (const [meter, purpose] of [
    [first, 'data-centre'],
    [second, 'it'],
  ]) {
    const use = { purpose, validFrom: '2026-01-01', sourceDocument: '机房图纸' };
    expect((await post(`/meters/${meter}/uses`, use)).statusCode).toBe(201);
  }
  const pue = await explain('power-usage-effectiveness', 'from=2026-04-10&to=2026-04-11');
  expect([pue.value, pue.numerator, pue.denominator, pue.atLeast]).toEqual([2, 1_000, 500, false]);
  const month = await explain('power-usage-effectiveness');
  expect([month.value, month.atLeast, month.missing]).toEqual([2, true, ['M-1', 'M-2']]);
  const before = await explain('power-usage-effectiveness', `${span}&knownOn=2026-11-01`);
  expect(before.value).toBeNull();

  await bookHours(owner, first, [
    { at: at('2025-04-10T12:00:00'), counts: 1_000, knownSince: at('2025-04-11T00:00:00') },
  ]);
  expect((await post(`/institutions/${id}/closed-years`, { year: 2025, reason: '年报' })).statusCode).toBe(201);
  harness.clock.now += HOUR;
  await bookHours(owner, first, [{ at: at('2025-05-10T12:00:00'), counts: 9_000, knownSince: harness.clock.now }]);
  const year = await explain('comprehensive', 'from=2025-01-01&to=2026-01-01');
  expect([year.terms[0].quantity, year.value, year.closedAt !== null]).toEqual([10, 1.229, true]);
});
