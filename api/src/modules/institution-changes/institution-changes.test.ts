import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';
import type { Person } from '../../../test/people.ts';

const NOW = Date.parse('2026-11-23T09:00:00+08:00');
const harness = await startHarness({ now: NOW });
const { owner } = harness;
afterAll(() => harness.stop());

let clerk: Person;
let district: Person;
let city: Person;
let oldId = 0;
let newId = 0;

beforeAll(async () => {
  const oldBody = await fixtureRegistry(owner, {
    institution: 'CZ-OLD',
    gateways: ['GW-A'],
    meters: [{ code: 'M-A' }],
  });
  const newBody = await fixtureRegistry(owner, {
    institution: 'CZ-NEW',
    gateways: ['GW-B'],
    meters: [{ code: 'M-B' }],
  });
  [oldId, newId] = [oldBody.institutionId, newBody.institutionId];
  clerk = await harness.person('clerk', { role: 'division-administrator', division: '320412' });
  district = await harness.person('district', { role: 'division-administrator', division: '320412' });
  city = await harness.person('city', { role: 'city-administrator', wholeCity: true });
  // A uses 1.00 kWh a day, B 2.00, in 2025; both 10 % more in 2026
  for (const [code, counts] of [
    ['M-A', 100],
    ['M-B', 200],
  ] as const) {
    await owner.query(
      `insert into ledger.day (meter_id, point, day, booked, undistributed, disputed, covered_s)
       select m.id, registry.booked_point('electricity'), d::date,
         case when d < '2026-01-01' then $2::int8 else $2::int8 * 11 / 10 end, 0, 0, 86400
       from registry.meter m, generate_series('2025-01-01'::timestamp, '2026-11-22', '1 day') d where m.code = $1`,
      [code, counts],
    );
  }
});

const call = (
  person: Person,
  method: 'POST' | 'PUT',
  url: string,
  payload: object,
  headers: Record<string, string> = {},
) => harness.inject({ method, url: `/api/v1${url}`, payload, headers: { ...person.headers, ...headers } });
const decide = (person: Person, id: number, kind = 'approve', comment = '') =>
  call(person, 'POST', `/institution-changes/${id}/decisions`, { kind, comment });

const draft = {
  code: 'CZ-DRAFT',
  uscc: '11320400014109381P',
  nameZh: '市测试局',
  nameEn: 'Test bureau',
  initials: 'scsj',
  typeCode: 'office',
  divisionCode: '320412',
  areaM2: '1200.50',
  headcount: 40,
  memberFrom: '2026-03-01',
  sourceDocument: '编办〔2026〕1号',
};

test('a draft counts only after a second person approved it; its attributes hold from its first day', async () => {
  const created = (await call(clerk, 'POST', '/institutions', draft)).json();
  expect(created).toMatchObject({ code: 'CZ-DRAFT', state: 'draft', version: 1 });
  const changed = await call(
    clerk,
    'PUT',
    `/institutions/${created.id}`,
    { ...draft, headcount: 45 },
    { 'if-match': '"1"' },
  );
  expect(changed.json()).toMatchObject({ headcount: 45, version: 2 });
  const late = await call(clerk, 'PUT', `/institutions/${created.id}`, draft, { 'if-match': '"1"' });
  expect(late.statusCode).toBe(412);
  const change = (
    await call(clerk, 'POST', '/institution-changes', { kind: 'entry', institutionId: created.id, reason: '新设' })
  ).json();
  expect(change).toMatchObject({ status: 'running', state: 'review', effectiveOn: '2026-03-01' });
  expect((await decide(clerk, change.id)).statusCode).toBe(403);
  expect((await decide(district, change.id)).json()).toMatchObject({ status: 'approved', state: 'active' });
  const { rows } = await owner.query<{ day: string; state: string; area: string }>(
    `select d::date as day, a.state, a.area_m2 as area from unnest(array['2026-02-28', '2026-03-01']::date[]) d,
       registry.institution_as_of(d) a where a.id = $1 order by 1`,
    [created.id],
  );
  expect(rows.map(({ state }) => state)).toEqual(['draft', 'active']);
  const area = await call(clerk, 'POST', '/institution-changes', {
    kind: 'attributes',
    institutionId: created.id,
    effectiveOn: '2026-10-01',
    reason: '扩建',
    sourceDocument: '产权证',
    attributes: { areaM2: '1500.00' },
  });
  expect((await decide(district, area.json().id)).json().status).toBe('approved');
  const dated = await owner.query<{ area: string }>(
    `select a.area_m2 as area from unnest(array['2026-09-30', '2026-10-01']::date[]) d, registry.institution_as_of(d) a
     where a.id = $1 order by d`,
    [created.id],
  );
  expect(dated.rows.map(({ area: value }) => Number(value))).toEqual([1200.5, 1500]);
});

test.each([
  ['uscc', '11320400014109381Q', 400],
  ['typeCode', 'castle', 400],
  ['divisionCode', '320499', 403],
  ['areaM2', '0', 400],
])('a draft with a wrong %s is refused', async (field, value, status) => {
  const answer = await call(clerk, 'POST', '/institutions', { ...draft, code: 'CZ-X', uscc: null, [field]: value });
  expect(answer.statusCode).toBe(status);
  if (status === 400) expect(answer.json().errors[0].path).toBe(field);
});

test('a rejected entry is a draft again; a body cannot be suspended twice or in the future', async () => {
  const body = { ...draft, code: 'CZ-NO', uscc: null };
  const { id } = (await call(clerk, 'POST', '/institutions', body)).json();
  const entry = { kind: 'entry', institutionId: id, reason: '新设' };
  const change = (await call(clerk, 'POST', '/institution-changes', entry)).json();
  expect((await decide(district, change.id, 'reject', '资料不全')).json()).toMatchObject({ state: 'draft' });
  const suspension = {
    kind: 'suspension',
    institutionId: id,
    reason: 'x',
    sourceDocument: 'x',
    effectiveOn: '2026-10-01',
  };
  expect((await call(clerk, 'POST', '/institution-changes', suspension)).statusCode).toBe(409);
  const ahead = { ...suspension, institutionId: newId, effectiveOn: '2026-11-24' };
  expect((await call(clerk, 'POST', '/institution-changes', ahead)).json().errors[0].path).toBe('effectiveOn');
  const removal = { ...suspension, institutionId: newId, kind: 'removal', reasonCode: 'no-premises' };
  expect((await call(clerk, 'POST', '/institution-changes', removal)).json().detail).toContain('M-B');
});

const figures = async (id: number, span: string) =>
  (await harness.get(`/institutions/${id}/indicators?${span}`)).json();
const kwh = (body: { carriers: { carrier: string; quantity: number }[] }) =>
  body.carriers.find(({ carrier }) => carrier === 'electricity')?.quantity ?? null;

test('G3: a merger on 1 July leaves the first half with the old body, and the year compares on a comparable basis', async () => {
  const merger = {
    kind: 'merger',
    institutionId: oldId,
    successorId: newId,
    effectiveOn: '2026-07-01',
    reason: '机构改革',
    sourceDocument: '编办〔2026〕7号',
  };
  const { id } = (await call(clerk, 'POST', '/institution-changes', merger)).json();
  expect((await decide(district, id)).json().status).toBe('running');
  expect((await decide(city, id)).json()).toMatchObject({ status: 'approved', state: 'merged' });
  const [first, second] = ['from=2026-01-01&to=2026-07-01', 'from=2026-07-01&to=2026-11-01'];
  // 181 days of the first half, 123 days of July to October
  expect(kwh(await figures(oldId, first))).toBeCloseTo(181 * 1.1, 6);
  expect(kwh(await figures(oldId, second))).toBeNull();
  expect(kwh(await figures(newId, first))).toBeCloseTo(181 * 2.2, 6);
  const after = await figures(newId, second);
  expect(kwh(after)).toBeCloseTo(123 * 3.3, 6);
  expect([after.areaM2, after.persons]).toEqual([6000, 200]);
  // as reported: 3.3 against 2.0 a day; comparable: 3.3 against 3.0, on the area and users of both
  expect(after.yearOnYear.comprehensive).toBeCloseTo(0.65, 6);
  expect(after.comparableYearOnYear.comprehensive).toBeCloseTo(0.1, 5);
  expect(after.comparableYearOnYear.perArea).toBeCloseTo(0.1, 4);
  expect((await figures(oldId, first)).areaM2).toBe(3000);
  const { rows } = await owner.query<{ institution: string; kwh: string }>(
    `select i.code as institution, sum(d.booked) as kwh from ledger.meter_day d join registry.institution i on i.id = d.institution_id
     where d.day >= '2026-06-30' and d.day <= '2026-07-01' group by 1 order by 1`,
  );
  expect(rows.map((row) => [row.institution, Number(row.kwh)])).toEqual([
    ['CZ-NEW', 5.5],
    ['CZ-OLD', 1.1],
  ]);
});
