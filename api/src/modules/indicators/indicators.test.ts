import { HOUR } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { bookHours, bookSpan, startHarness, storeReadings } from '../../../test/harness.ts';

const at = (text: string) => Date.parse(`${text}+08:00`);
const harness = await startHarness({ now: at('2026-11-23T12:00:00') });
const { owner, app, token, clock, get } = harness;
afterAll(() => harness.stop());

const post = (url: string, payload: object, headers: Record<string, string> = {}) =>
  app.inject({
    method: 'POST',
    url: `/api/v1${url}`,
    payload,
    headers: { authorization: `Bearer ${token}`, ...headers },
  });

const { institutionId: id, meters } = await fixtureRegistry(owner, { meters: [{ code: 'M-1' }, { code: 'M-2' }] });
const meter = (code: string) => meters.get(code) ?? 0;

test('a closed year keeps its figures when a factor is loaded later; the open one follows (G6)', async () => {
  for (const year of ['2025', '2026']) {
    const hour = at(`${year}-03-01T08:00:00`);
    await bookHours(owner, meter('M-1'), [{ at: hour, counts: 10_000_000, knownSince: hour + HOUR }]);
  }
  const carbon = async (year: string) => {
    const answer = await get(`/institutions/${id}/indicators?from=${year}-01-01&to=${Number(year) + 1}-01-01`);
    expect(answer.statusCode).toBe(200);
    return answer.json();
  };
  expect((await carbon('2025')).carbonKg).toBe(58_270);
  const closed = await post(`/institutions/${id}/closed-years`, { year: 2025, reason: '年度统计上报' });
  expect([closed.statusCode, closed.json().figures.carbonKg]).toEqual([201, 58_270]);

  clock.now += HOUR;
  const factor = {
    kind: 'emission',
    carrier: 'electricity',
    variant: 'jiangsu',
    value: '0.5500',
    unit: 'kgCO2/kWh',
    validFrom: '2024-01-01',
    sourceDocument: '生态环境部公告（测试）',
  };
  const created = await post('/energy-factors', factor);
  expect(created.statusCode).toBe(201);

  const kept = await carbon('2025');
  expect([kept.carbonKg, kept.closed.by]).toEqual([58_270, 'tester']);
  const open = await carbon('2026');
  expect([open.carbonKg, open.closed]).toEqual([55_000, null]);
  expect(open.versions.factors).toContain(created.json().id);
  expect(kept.versions.factors).not.toContain(created.json().id);
  // as known before the factor came
  const before = new Date(clock.now - HOUR).toISOString();
  const then = await get(`/institutions/${id}/indicators?from=2026-01-01&to=2027-01-01&knownOn=${before}`);
  expect(then.json().carbonKg).toBe(58_270);
});

test('a factor outside its band is refused with reason and remedy, in both languages', async () => {
  const factor = {
    kind: 'emission',
    carrier: 'electricity',
    variant: 'national',
    value: '530.6',
    unit: 'kgCO2/kWh',
    validFrom: '2026-01-01',
    sourceDocument: 'x',
  };
  const zh = await post('/energy-factors', factor);
  expect([zh.statusCode, zh.json().errors[0].path]).toEqual([400, 'value']);
  expect(zh.json().detail).toContain('超出合理区间');
  const en = await post('/energy-factors', factor, { 'accept-language': 'en' });
  expect(en.json().detail).toContain('Check the unit');
  expect((await post('/energy-factors', { ...factor, carrier: 'plutonium' })).json().errors[0].path).toBe('carrier');
  expect((await post('/energy-factors', { ...factor, variant: 'calorific' })).json().errors[0].path).toBe('variant');
});

test('sources, coverage and what is missing stand beside every figure; area and users count by days', async () => {
  const own = await fixtureRegistry(owner, {
    institution: 'CZ-0002',
    gateways: ['GW-2'],
    meters: [{ code: 'N-1' }, { code: 'N-2' }],
  });
  const n1 = own.meters.get('N-1') ?? 0;
  const [from, to] = [at('2026-02-01T00:00:00'), at('2026-03-01T00:00:00')];
  await bookHours(owner, n1, [{ at: from, counts: 30_000 }]);
  // 400 kWh between 22 January and 11 February: 10 of 20 days fall into February
  await bookSpan(owner, n1, { from: at('2026-01-22T00:00:00'), to: at('2026-02-11T00:00:00'), counts: 40_000 });
  await storeReadings(owner, n1, [
    { at: from, value: 0 },
    { at: to, value: 70_000 },
  ]);
  for (const [kind, value, validFrom] of [
    ['area', '1000', '2026-01-01'],
    ['area', '2000', '2026-02-15'],
    ['persons', '50', '2026-01-01'],
  ]) {
    expect(
      (
        await post(`/institutions/${own.institutionId}/base-facts`, {
          kind,
          value,
          validFrom,
          sourceDocument: '产权证',
        })
      ).statusCode,
    ).toBe(201);
  }
  const answer = (await get(`/institutions/${own.institutionId}/indicators?from=2026-02-01&to=2026-03-01`)).json();
  expect(answer.carriers).toMatchObject([
    {
      carrier: 'electricity',
      quantity: 500,
      shares: { measured: 0.6, estimated: 0.4 },
      atLeast: true,
      missing: ['N-2'],
      kgce: 61.45,
    },
  ]);
  expect([answer.areaM2, answer.persons, answer.perCapitaKgce]).toEqual([1500, 50, 1.229]);
  expect(answer.versions.area).toHaveLength(2);
  expect([answer.yearOnYear.comprehensive, answer.yearOnYear.comparable]).toEqual([null, false]);
});

test('what is passed on to third parties is taken off from its day on', async () => {
  const own = await fixtureRegistry(owner, {
    institution: 'CZ-0003',
    gateways: ['GW-3'],
    meters: [{ code: 'T-1' }, { code: 'T-2', parent: 'T-1' }],
  });
  const [main, tenant] = [own.meters.get('T-1') ?? 0, own.meters.get('T-2') ?? 0];
  for (const day of ['2026-03-01', '2026-03-02']) {
    await bookHours(owner, main, [{ at: at(`${day}T08:00:00`), counts: 10_000 }]);
    await bookHours(owner, tenant, [{ at: at(`${day}T08:00:00`), counts: 4_000 }]);
  }
  const use = { purpose: 'forwarded', validFrom: '2026-03-02', sourceDocument: '转供合同' };
  expect((await post(`/meters/${tenant}/uses`, use)).statusCode).toBe(201);
  expect((await post(`/meters/${tenant}/uses`, { ...use, validFrom: '2026-04-01' })).statusCode).toBe(409);
  const answer = (await get(`/institutions/${own.institutionId}/indicators?from=2026-03-01&to=2026-04-01`)).json();
  expect(answer.carriers[0].quantity).toBe(160);
});

test('a group is a ratio of sums, and none below three is told', async () => {
  const totals = (await get('/indicator-totals?from=2026-01-01&to=2027-01-01')).json();
  expect(totals.institutions).toBe(3);
  const kgce = (100_000 + 700 + 160) * 0.1229;
  expect(totals.comprehensiveKgce).toBeCloseTo(kgce, 3);
  expect(totals.perAreaKgce).not.toBeNull();
  const few = (await get('/indicator-totals?from=2026-01-01&to=2027-01-01&type=office&division=320499')).json();
  expect([few.institutions, few.comprehensiveKgce]).toEqual([0, null]);
});

test('the same Idempotency-Key writes once; for another content it is refused; auditors may not write', async () => {
  const body = { day: '2027-10-01', dayType: 'holiday', sourceDocument: '国务院办公厅通知' };
  const key = { 'idempotency-key': 'k-1' };
  const both = await Promise.all([post('/calendar-days', body, key), post('/calendar-days', body, key)]);
  expect(both.map(({ statusCode }) => statusCode)).toEqual([201, 201]);
  const { rows } = await owner.query(
    "select count(*)::int4 as n from platform.audit where action = 'calendar-day.create'",
  );
  expect(rows).toEqual([{ n: 1 }]);
  expect((await post('/calendar-days', { ...body, dayType: 'workday' }, key)).statusCode).toBe(409);
  const days = (await get('/calendar-days?from=2027-09-30&to=2027-10-03')).json().items;
  expect(days).toEqual([
    { day: '2027-09-30', dayType: 'workday', provisional: true },
    { day: '2027-10-01', dayType: 'holiday', provisional: false },
    { day: '2027-10-02', dayType: 'weekend', provisional: true },
  ]);
  const auditor = await harness.person('auditor', { role: 'auditor', wholeCity: true });
  const refused = await app.inject({
    method: 'POST',
    url: '/api/v1/calendar-days',
    payload: body,
    headers: auditor.headers,
  });
  expect(refused.statusCode).toBe(403);
  const district = await harness.person('district', { role: 'division-administrator', division: '320412' });
  const local = await app.inject({
    method: 'POST',
    url: '/api/v1/calendar-days',
    payload: body,
    headers: district.headers,
  });
  expect([local.statusCode, local.json().code]).toEqual([403, 'forbidden']);
});

test('a span over two years, an unknown set, a year that is not over: refused', async () => {
  expect((await get(`/institutions/${id}/indicators?from=2025-12-01&to=2026-02-01`)).json().errors[0].path).toBe('to');
  expect((await get(`/institutions/${id}/indicators?coefficientSet=mine`)).json().errors[0].path).toBe(
    'coefficientSet',
  );
  expect((await post(`/institutions/${id}/closed-years`, { year: 2026, reason: 'x' })).statusCode).toBe(409);
  expect((await post('/institutions/2000000000/closed-years', { year: 2025, reason: 'x' })).statusCode).toBe(404);
});
