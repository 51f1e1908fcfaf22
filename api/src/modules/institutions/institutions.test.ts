import { DAY, HOUR, MINUTE } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bookHours, bookSpan, startHarness, storeReadings } from '../../../test/harness.ts';
import { SORTS } from './schema.ts';

/** Monday 2026-11-23, 12:30 in Shanghai. */
const NOW = Date.parse('2026-11-23T12:30:00+08:00');
const MIDNIGHT = Date.parse('2026-11-23T00:00:00+08:00');
const harness = await startHarness({ now: NOW });
const { owner, get } = harness;
afterAll(() => harness.stop());

let id = 0;

beforeAll(async () => {
  const registry = await fixtureRegistry(owner, { meters: [{ code: 'M-1' }, { code: 'M-1-1', parent: 'M-1' }] });
  id = registry.institutionId;
  const main = registry.meters.get('M-1') ?? 0;
  const sub = registry.meters.get('M-1-1') ?? 0;
  // Yesterday 1.00 kWh an hour; today 2.00 kWh an hour until 12:25, with a gap from 03:00 to 06:00.
  const yesterday = Array.from({ length: 24 }, (_, i) => ({ at: MIDNIGHT - DAY + i * HOUR, counts: 100 }));
  const today = [0, 1, 2, 6, 7, 8, 9, 10, 11].map((i) => ({ at: MIDNIGHT + i * HOUR, counts: 200 }));
  const running = { at: MIDNIGHT + 12 * HOUR, counts: 80, coveredS: 25 * 60 };
  await bookHours(owner, main, [...yesterday, ...today, running]);
  await bookHours(owner, sub, today);
  await bookHours(owner, main, [{ at: MIDNIGHT, counts: 77_700, point: 3 }]);
  await bookSpan(owner, main, { from: MIDNIGHT + 3 * HOUR, to: MIDNIGHT + 6 * HOUR, counts: 500 });
  await storeReadings(owner, main, [
    { at: MIDNIGHT - DAY, value: 1 },
    { at: NOW - 5 * MINUTE, value: 5_000 },
  ]);
  await owner.query(
    `insert into energy.quota (institution_id, year, constraint_value, base_value, guide_value, source_document, sample)
     values ($1, 2026, 40, 30, 20, 'sample', true)`,
    [id],
  );
});

test('an institution shows today, yesterday up to now, and the coverage of what was due', async () => {
  const { items, total } = (await get('/institutions')).json();
  expect(total).toBe(1);
  expect(items[0]).toMatchObject({
    id,
    code: 'CZ-0001',
    metered: true,
    areaM2: 3000,
    // 9 whole hours, the running one and the gap's certain energy; neither the sub meter nor reactive energy
    today: 9 * 2 + 0.8 + 5,
    yesterdaySameHours: 12.5,
    powerKw: null,
    lastReadingAt: '2026-11-23T12:25:00.000+08:00',
  });
  // due until 12:10; seen 9 h 25 min
  expect(items[0].coverageToday).toBeCloseTo((9 * 60 + 25) / (12 * 60 + 10), 6);
});

test('one institution carries quota and verdict', async () => {
  const body = (await get(`/institutions/${id}`)).json();
  expect(body.quota).toEqual({
    year: 2026,
    constraint: 40,
    base: 30,
    guide: 20,
    unit: 'kWh',
    sample: true,
    sourceDocument: 'sample',
  });
  expect(body.yearToDate).toMatchObject({ consumption: 24 + 23.8, share: 47.8 / 40, verdict: 'over' });
});

test('by hour: a gap is null and never zero, the total is complete because both registers are known', async () => {
  const body = (
    await get(`/institutions/${id}/consumption?grain=hour&from=2026-11-23&to=2026-11-23T13:00:00%2B08:00`)
  ).json();
  expect(body.unit).toBe('kWh');
  expect(body.items).toHaveLength(13);
  expect(body.items.map((item: { state: string }) => item.state[0]).join('')).toBe('fffgggfffffff');
  expect(body.items[3]).toEqual({
    start: '2026-11-23T03:00:00.000+08:00',
    end: '2026-11-23T04:00:00.000+08:00',
    consumption: null,
    coverage: 0,
    undistributed: 0,
    disputed: 0,
    state: 'gap',
  });
  expect(body.total).toMatchObject({ consumption: 23.8, atLeast: false, missing: [] });
});

test('the list: every order pages completely and without repetition, rows without a figure last', async () => {
  for (let i = 2; i <= 6; i += 1) {
    const registry = await fixtureRegistry(owner, {
      institution: `CZ-000${i}`,
      division: i < 4 ? '320412' : '320402',
      gateways: [`GW-000${i}`],
      meters: i === 6 ? [] : [{ code: `M-${i}` }],
    });
    await owner.query('update registry.institution set name_zh = $2, area_m2 = $3 where id = $1', [
      registry.institutionId,
      `机构${i}`,
      i % 2 === 0 ? 1_000 : 2_000,
    ]);
    if (i <= 4)
      await bookHours(owner, registry.meters.get(`M-${i}`) ?? 0, [{ at: MIDNIGHT, counts: i === 4 ? 0 : 100 }]);
  }
  for (const sort of SORTS) {
    const codes: string[] = [];
    let cursor = '';
    do {
      const page = (await get(`/institutions?sort=${sort}&limit=2${cursor && `&cursor=${cursor}`}`)).json();
      codes.push(...page.items.map((item: { code: string }) => item.code));
      cursor = page.nextCursor ?? '';
    } while (cursor && codes.length < 20);
    expect([sort, [...codes].sort()]).toEqual([sort, [1, 2, 3, 4, 5, 6].map((i) => `CZ-000${i}`)]);
  }
  const order = async (query: string) =>
    (await get(`/institutions?${query}`))
      .json()
      .items.map((item: { code: string }) => item.code.slice(-1))
      .join('');
  expect(await order('sort=-today')).toBe('123456');
  // measured zero stands before one, and both before those of whom nothing is known
  expect(await order('sort=today')).toBe('423156');
  expect(await order('sort=-area')).toBe('135246');
  expect(await order('metered=false')).toBe('6');
  expect(await order('metered=true&division=320402')).toBe('45');
  expect(await order(`search=${encodeURIComponent('机构3')}`)).toBe('3');
  expect(await order('search=cz-0002')).toBe('2');
  expect(await order('type=school')).toBe('');
  const { items } = (await get('/institutions')).json();
  expect(items[3]).toMatchObject({ today: 0, yesterdaySameHours: null });
  expect(items[4]).toMatchObject({ today: null, coverageToday: 0 });
  expect(items[5]).toMatchObject({ metered: false, today: null, coverageToday: null });
});

test('an institution without quota and meters', async () => {
  const { items } = (await get('/institutions?metered=false')).json();
  const body = (await get(`/institutions/${items[0].id}`)).json();
  expect(body).toMatchObject({
    quota: null,
    yearToDate: { consumption: null, coverage: null, share: null, verdict: null },
  });
  expect((await get(`/institutions/${items[0].id}/meters`)).json()).toEqual({ items: [] });
});

test('unknown ids and fields are refused with problem documents', async () => {
  const missing = await get('/institutions/999999');
  expect(missing.statusCode).toBe(404);
  expect(missing.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(missing.json()).toMatchObject({ type: '/problems/not-found', code: 'not-found', title: '未找到' });
  const wrong = await get('/institutions?colour=red', { 'accept-language': 'en' });
  expect(wrong.json()).toMatchObject({
    status: 400,
    title: 'The request is not valid',
    errors: [{ path: 'colour', code: 'unknown-field', message: 'There is no such field' }],
  });
});
