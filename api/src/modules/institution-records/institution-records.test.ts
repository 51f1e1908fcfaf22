import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';

const harness = await startHarness({ now: Date.parse('2026-11-23T09:00:00+08:00') });
const { owner, get } = harness;
afterAll(() => harness.stop());

let school = 0;
let successor = 0;
beforeAll(async () => {
  school = (await fixtureRegistry(owner, { institution: 'CZ-0001', gateways: ['GW-0001'], meters: [{ code: 'M1' }] }))
    .institutionId;
  successor = (
    await fixtureRegistry(owner, { institution: 'CZ-0002', gateways: ['GW-0002'], meters: [{ code: 'M2' }] })
  ).institutionId;
  await owner.query(
    "insert into registry.division (code, parent_code, name_zh, name_en, sort_order) values ('320402', null, '天宁区', 'Tianning', 2)",
  );
  await owner.query(
    `insert into registry.institution_fact (institution_id, kind, value, valid_from, source_document, recorded_by) values
       ($1, 'name-zh', '老名称', '2024-01-01', '设立文件', 'x'), ($1, 'name-zh', '新名称', '2026-01-01', '更名文件', 'x'),
       ($1, 'division', '320412', '2024-01-01', '设立文件', 'x'), ($1, 'division', '320402', '2025-07-01', '区划调整', 'x')`,
    [school],
  );
  await owner.query(
    `insert into energy.base_fact (institution_id, kind, value, valid_from, source_document, recorded_by) values
       ($1, 'area', 1000, '2024-01-01', '房产证', 'x'), ($1, 'area', 1500.5, '2026-03-01', '扩建', 'x'),
       ($1, 'area', 1600, '2026-03-01', '更正', 'x')`,
    [school],
  );
  await owner.query(
    `insert into registry.institution_event (institution_id, state, effective_on, successors, recorded_at, recorded_by) values
       ($1, 'active', '2024-01-01', '{}', now(), 'x'), ($1, 'merged', '2026-07-01', array[$2::int4], now(), 'x')`,
    [school, successor],
  );
});

const names = async (query: string) => {
  const answer = (await get(`/institution-records?${query}`)).json();
  return answer.items.map(({ code, state }: { code: string; state: string }) => `${code} ${state}`);
};

test('the list is that of the day: who was a member, where, and by which name', async () => {
  expect(await names('')).toEqual(['CZ-0002 active']);
  expect(await names('asOf=2026-06-30')).toEqual(['CZ-0001 active', 'CZ-0002 active']);
  expect(await names('asOf=2023-12-31')).toEqual(['CZ-0002 active']);
  expect(await names('state=merged')).toEqual(['CZ-0001 merged']);
  expect(await names('asOf=2025-06-30&division=320412')).toContain('CZ-0001 active');
  expect(await names('asOf=2025-07-01&division=320402')).toEqual(['CZ-0001 active']);
  expect(await names('asOf=2025-12-31&search=老名称')).toEqual(['CZ-0001 active']);
  expect(await names('asOf=2026-01-01&search=老名称')).toEqual([]);
});

test('pages of one follow one another', async () => {
  const first = (await get('/institution-records?asOf=2026-06-30&limit=1')).json();
  const second = (await get(`/institution-records?asOf=2026-06-30&limit=1&cursor=${first.nextCursor}`)).json();
  expect([first.items[0].code, second.items[0].code, second.nextCursor]).toEqual(['CZ-0001', 'CZ-0002', null]);
});

test('one body as of a day, with all that was recorded and where it went', async () => {
  const before = (await get(`/institution-records/${school}?asOf=2026-02-28`)).json();
  expect(before).toMatchObject({ nameZh: '新名称', divisionCode: '320402', areaM2: '1000.00', state: 'active' });
  const today = (await get(`/institution-records/${school}`)).json();
  expect(today).toMatchObject({ areaM2: '1600.00', state: 'merged', asOf: '2026-11-23' });
  expect(today.events[0]).toMatchObject({ state: 'merged', successors: [{ id: successor, code: 'CZ-0002' }] });
  expect(today.facts.filter(({ kind }: { kind: string }) => kind === 'area')).toMatchObject([
    { value: '1600.00', sourceDocument: '更正' },
    { value: '1500.50' },
    { value: '1000.00' },
  ]);
  expect((await get(`/institution-records/${successor}`)).json().predecessors).toMatchObject([{ code: 'CZ-0001' }]);
  expect((await get('/institution-records/999999')).statusCode).toBe(404);
});
