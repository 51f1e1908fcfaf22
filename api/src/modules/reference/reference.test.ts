import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';
import type { Person } from '../../../test/people.ts';

const harness = await startHarness();
const { owner, get } = harness;
afterAll(() => harness.stop());

let city: Person;
let district: Person;
beforeAll(async () => {
  await fixtureRegistry(owner);
  await owner.query(
    "insert into registry.division (code, parent_code, name_zh, name_en, sort_order) values ('320402', null, '天宁区', 'Tianning', 1)",
  );
  city = await harness.person('city', { role: 'city-administrator', wholeCity: true });
  district = await harness.person('district', { role: 'division-administrator', division: '320412' });
});

const send = (person: Person, method: 'POST' | 'PATCH', path: string, payload: object, version?: number) =>
  harness.inject({
    method,
    url: `/api/v1${path}`,
    payload,
    headers: { ...person.headers, ...(version === undefined ? {} : { 'if-match': `"${version}"` }) },
  });

test('divisions in their order, types by code', async () => {
  expect((await get('/divisions')).json()).toMatchObject({
    items: [
      { code: '320402', nameZh: '天宁区', nameEn: 'Tianning', parentCode: null, retiredOn: null, version: 1 },
      { code: '320412', nameZh: '武进区', nameEn: 'Wujin' },
    ],
  });
  expect((await get('/institution-types')).json()).toEqual({
    items: [{ code: 'office', nameZh: '机关', nameEn: 'Government office' }],
  });
});

test('the city enters a town below its district; a code that lies elsewhere, a second one and a district clerk are refused', async () => {
  const town = { code: '320412100', parentCode: '320412', nameZh: '湖塘镇', nameEn: 'Hutang' };
  const created = await send(city, 'POST', '/divisions', town);
  expect([created.statusCode, created.json()]).toMatchObject([201, { ...town, version: 1 }]);
  expect((await send(city, 'POST', '/divisions', town)).statusCode).toBe(409);
  expect((await send(city, 'POST', '/divisions', { ...town, code: '320402100' })).json()).toMatchObject({
    status: 400,
    errors: [{ path: 'code' }],
  });
  expect(
    (await send(city, 'POST', '/divisions', { ...town, code: '320499100', parentCode: '320499' })).json(),
  ).toMatchObject({
    status: 400,
    errors: [{ path: 'parentCode' }],
  });
  expect((await send(district, 'POST', '/divisions', { ...town, code: '320412101' })).statusCode).toBe(403);
});

test('a division is renamed by version, and abolished only when nothing lives in it; then nothing new comes in', async () => {
  const renamed = await send(city, 'PATCH', '/divisions/320412100', { nameZh: '湖塘街道' }, 1);
  expect(renamed.json()).toMatchObject({ nameZh: '湖塘街道', nameEn: 'Hutang', version: 2 });
  expect((await send(city, 'PATCH', '/divisions/320412100', { nameZh: '晚了' }, 1)).statusCode).toBe(412);
  const inhabited = await send(city, 'PATCH', '/divisions/320412', { retiredOn: '2026-12-31' }, 1);
  expect([inhabited.statusCode, inhabited.json().detail]).toEqual([409, expect.stringContaining('1 个机构、1 个下级')]);
  const abolished = await send(city, 'PATCH', '/divisions/320412100', { retiredOn: '2026-12-31' }, 2);
  expect(abolished.json()).toMatchObject({ retiredOn: '2026-12-31', version: 3 });
  const below = { code: '320412100', parentCode: '320412100', nameZh: 'x', nameEn: 'x' };
  expect((await send(city, 'POST', '/divisions', below)).json()).toMatchObject({ errors: [{ path: 'parentCode' }] });
  const draft = {
    code: 'CZ-T',
    nameZh: '甲',
    nameEn: 'A',
    typeCode: 'office',
    divisionCode: '320412100',
    areaM2: '10',
    headcount: 1,
    memberFrom: '2026-01-01',
    sourceDocument: 'x',
  };
  expect((await send(city, 'POST', '/institutions', draft)).json()).toMatchObject({
    status: 400,
    errors: [{ path: 'divisionCode' }],
  });
});

test('lines are kept the same way, with codes of the bureau’s own', async () => {
  const line = { code: 'education', nameZh: '教育系统', nameEn: 'Education' };
  expect((await send(city, 'POST', '/lines', line)).json()).toMatchObject({ ...line, parentCode: null, version: 1 });
  expect((await get('/lines')).json().items).toMatchObject([line]);
  expect((await send(city, 'PATCH', '/lines/culture', { nameZh: 'x' }, 1)).statusCode).toBe(404);
});
