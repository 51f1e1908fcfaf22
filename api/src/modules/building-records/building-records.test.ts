import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';
import type { Person } from '../../../test/people.ts';

const harness = await startHarness();
const { owner } = harness;
afterAll(() => harness.stop());

let clerk: Person;
let institutionId = 0;
let id = 0;
beforeAll(async () => {
  ({ institutionId } = await fixtureRegistry(owner, {
    institution: 'CZ-0001',
    gateways: ['GW-1'],
    meters: [{ code: 'M-1' }],
  }));
  clerk = await harness.person('clerk', { role: 'division-administrator', division: '320412' });
});

const send = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, payload?: object, version?: number) =>
  harness.inject({
    method,
    url: `/api/v1${path}`,
    ...(payload ? { payload } : {}),
    headers: { ...clerk.headers, ...(version === undefined ? {} : { 'if-match': `"${version}"` }) },
  });
const building = { code: 'A', nameZh: '主楼', nameEn: 'Main', areaM2: '3200.50', class: 'A', builtYear: 1998 };
const zone = { code: '1F', floor: 1, nameZh: '一层', nameEn: 'First floor', areaM2: '1600.25' };

test('a building is registered once, with parts no larger than itself', async () => {
  const created = await send('POST', '/buildings', { institutionId, ...building, cooledM2: '3000' });
  expect([created.statusCode, created.json()]).toMatchObject([201, { ...building, zonedM2: '0.00', retired: null }]);
  id = created.json().id;
  expect((await send('POST', '/buildings', { institutionId, ...building })).statusCode).toBe(409);
  expect((await send('PUT', `/buildings/${id}`, { ...building, heatedM2: '3200.51' }, 1)).json()).toMatchObject({
    status: 400,
    errors: [{ path: 'heatedM2' }],
  });
  expect((await send('PUT', `/buildings/${id}`, { ...building, nameEn: 'Main building' }, 1)).json()).toMatchObject({
    nameEn: 'Main building',
    version: 2,
  });
  expect((await send('PUT', `/buildings/${id}`, building, 1)).statusCode).toBe(412);
});

test('zones fill the building to the last hundredth and no further; special areas are told apart', async () => {
  const first = await send('POST', `/buildings/${id}/zones`, zone);
  expect([first.statusCode, first.json()]).toMatchObject([201, { ...zone, special: false }]);
  const second = { ...zone, code: 'DC', floor: -1, nameEn: 'Data centre', special: true };
  expect((await send('POST', `/buildings/${id}/zones`, { ...second, areaM2: '1600.26' })).json()).toMatchObject({
    status: 400,
    detail: expect.stringContaining('3200.51'),
  });
  const fits = await send('POST', `/buildings/${id}/zones`, second);
  expect(fits.statusCode).toBe(201);
  expect((await send('GET', `/buildings/${id}`)).json()).toMatchObject({ zonedM2: '3200.50', specialM2: '1600.25' });
  expect((await send('PUT', `/buildings/${id}`, { ...building, areaM2: '3200.49' }, 2)).statusCode).toBe(400);
  const moved = await send('PUT', `/zones/${fits.json().id}`, { ...second, areaM2: '100' }, 1);
  expect(moved.json()).toMatchObject({ areaM2: '100.00', version: 2 });
  expect((await send('DELETE', `/zones/${fits.json().id}`, undefined, 1)).statusCode).toBe(412);
  expect((await send('DELETE', `/zones/${fits.json().id}`, undefined, 2)).statusCode).toBe(200);
  expect((await send('GET', `/buildings/${id}/zones`)).json().items).toMatchObject([{ code: '1F' }]);
});

test('a building in which meters stand is not given up; one that was changes no more', async () => {
  await owner.query('insert into energy.meter_place (meter_id, building_id) select id, $1 from registry.meter', [id]);
  const gone = { on: '2026-11-01', reason: '拆除' };
  expect((await send('POST', `/buildings/${id}/retirement`, gone, 2)).json()).toMatchObject({
    status: 409,
    detail: expect.stringContaining('M-1'),
  });
  await owner.query('delete from energy.meter_place');
  expect((await send('POST', `/buildings/${id}/retirement`, gone, 2)).json()).toMatchObject({ retired: gone });
  expect((await send('POST', `/buildings/${id}/zones`, { ...zone, code: '2F' })).statusCode).toBe(409);
  expect((await send('GET', '/buildings?retired=true&search=main')).json().items).toMatchObject([{ id }]);
});
