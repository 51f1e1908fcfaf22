import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';
import { type FreePoint, suggest } from './rules.ts';

const harness = await startHarness();
const { owner, get, inject } = harness;
afterAll(() => harness.stop());

const METERS = [
  { code: 'M-1', points: { 'energy.import': 2, power: 3 } },
  { code: 'M-2', points: { 'energy.import': 2 } },
  { code: 'M-3', gateway: 'GW-0002', points: { 'energy.import': 2 } },
];
await owner.query(
  "insert into registry.division (code, name_zh, name_en, sort_order) values ('320402', '天宁区', 'Tianning', 1)",
);
const { meters } = await fixtureRegistry(owner, { gateways: ['GW-0001', 'GW-0002'], meters: METERS });
await owner.query("update registry.gateway set dialect = 'neuron' where code = 'GW-0001'");
const idOf = async (code: string): Promise<number> =>
  (await owner.query<{ id: number }>('select id from registry.gateway where code = $1', [code])).rows[0]?.id ?? 0;
const [gatewayId, nativeId] = [await idOf('GW-0001'), await idOf('GW-0002')];
const meter = (code: string): number => meters.get(code) ?? 0;

const send = (
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  payload?: object,
  headers: Record<string, string> = {},
) =>
  inject({
    method,
    url: `/api/v1${path}`,
    headers: { authorization: `Bearer ${harness.token}`, ...headers },
    ...(payload ? { payload } : {}),
  });
const tag = (name: string, more: object = {}) => ({
  gatewayId,
  device: 'modbus/grp',
  tag: name,
  meterId: meter('M-1'),
  point: 'energy.import',
  powerOfTen: -3,
  ...more,
});
const rows = async (sql: string): Promise<unknown[]> => (await owner.query(sql)).rows;

test('a mapping is created once, read with its version, changed by who has read it, and removed', async () => {
  const key = { 'idempotency-key': 'first' };
  const created = await send('POST', '/dialect-mappings', tag('kwh'), key);
  expect(created.statusCode).toBe(201);
  const { id } = created.json();
  expect(created.json()).toMatchObject({
    gatewayCode: 'GW-0001',
    meterCode: 'M-1',
    point: 'energy.import',
    powerOfTen: -3,
  });
  expect((await send('POST', '/dialect-mappings', tag('kwh'), key)).json()).toEqual(created.json());
  expect((await send('POST', '/dialect-mappings', tag('kwh'))).json()).toMatchObject({ code: 'conflict' });

  const read = await get(`/dialect-mappings/${id}`);
  expect(read.headers.etag).toBe('"v1"');
  expect((await get(`/dialect-mappings/${id}`, { 'if-none-match': '"v1"' })).statusCode).toBe(304);
  const target = { meterId: meter('M-2'), point: 'energy.import', powerOfTen: 0 };
  const changed = await send('PUT', `/dialect-mappings/${id}`, target, { 'if-match': '"v1"' });
  expect([changed.statusCode, changed.headers.etag, changed.json().meterCode]).toEqual([200, '"v2"', 'M-2']);
  expect((await send('PUT', `/dialect-mappings/${id}`, target, { 'if-match': '"v1"' })).json()).toMatchObject({
    status: 412,
    code: 'stale-version',
  });
  expect((await send('PUT', `/dialect-mappings/${id}`, target)).statusCode).toBe(400);
  expect((await send('DELETE', `/dialect-mappings/${id}`, undefined, { 'if-match': '"v1"' })).statusCode).toBe(412);
  expect((await send('DELETE', `/dialect-mappings/${id}`, undefined, { 'if-match': '"v2"' })).statusCode).toBe(200);
  expect((await get(`/dialect-mappings/${id}`)).statusCode).toBe(404);
  expect(await rows("select action from platform.audit where action like 'dialect-mapping.%' order by id")).toEqual(
    ['create', 'update', 'delete'].map((verb) => ({ action: `dialect-mapping.${verb}` })),
  );
});

test.each([
  ['a gateway that speaks our protocol', { gatewayId: nativeId }, 'gatewayId'],
  ['a meter behind another gateway', { meterId: meter('M-3') }, 'meterId'],
  ['a point that the meter lacks', { meterId: meter('M-2'), point: 'power' }, 'point'],
  ['a quantity that is none', { point: 'nonsense' }, 'point'],
  ['a meter without a point', { point: null }, 'point'],
  ['a power beyond reason', { powerOfTen: 10 }, 'powerOfTen'],
  ['a field that is none', { unit: 'Wh' }, 'unit'],
])('%s is refused by name', async (_, more, path) => {
  const answer = await send('POST', '/dialect-mappings', tag('refused', more));
  expect([answer.statusCode, answer.json().errors?.[0]?.path]).toEqual([400, path]);
});

test('a gateway that is not there, or not one’s own, is not found', async () => {
  expect((await send('POST', '/dialect-mappings', tag('lost', { gatewayId: 999_999 }))).statusCode).toBe(404);
});

test('a point is fed by one tag; a tag may be left aside', async () => {
  expect((await send('POST', '/dialect-mappings', tag('one'))).statusCode).toBe(201);
  const second = await send('POST', '/dialect-mappings', tag('two'));
  expect(second.json().errors).toMatchObject([{ path: 'point', message: expect.stringContaining('another tag') }]);
  const aside = await send('POST', '/dialect-mappings', tag('spare', { meterId: null, point: null, powerOfTen: 0 }));
  expect(aside.json()).toMatchObject({ meterId: null, point: null, meterCode: null });
  await owner.query('delete from registry.dialect_tag');
});

test('a list is imported whole or not at all, as often as one likes, and tried without writing', async () => {
  const list = [
    { device: 'd', tag: 'a', meterId: meter('M-1'), point: 'energy.import', powerOfTen: -3 },
    { device: 'd', tag: 'b', meterId: meter('M-1'), point: 'power' },
    { device: 'd', tag: 'c', meterId: null, point: null },
  ];
  const post = (mappings: object[], more: object = {}) =>
    send('POST', '/dialect-mapping-imports', { gatewayId, mappings, ...more });
  expect((await post(list, { dryRun: true })).json()).toEqual({ dryRun: true, created: 3, updated: 0, unchanged: 0 });
  expect(await rows('select from registry.dialect_tag')).toHaveLength(0);
  expect((await post(list)).json()).toEqual({ dryRun: false, created: 3, updated: 0, unchanged: 0 });
  const swapped = [{ ...list[0], point: 'power' }, { ...list[1], point: 'energy.import' }, { ...list[2] }];
  expect((await post(swapped)).json()).toEqual({ dryRun: false, created: 0, updated: 2, unchanged: 1 });
  const wrong = await post([
    { device: 'e', tag: 'x', meterId: meter('M-2'), point: 'energy.import' },
    { device: 'e', tag: 'x', meterId: meter('M-2'), point: 'energy.import' },
    { device: 'e', tag: 'z', meterId: meter('M-3'), point: 'energy.import' },
  ]);
  expect(wrong.json().errors.map(({ path }: { path: string }) => path)).toEqual([
    'mappings.1.tag',
    'mappings.1.point',
    'mappings.2.meterId',
  ]);
  expect(await rows('select from registry.dialect_tag')).toHaveLength(3);
  const many = Array.from({ length: 5_000 }, (_, k) => ({
    device: 'x'.repeat(100),
    tag: `t${k}`,
    meterId: null,
    point: null,
  }));
  expect((await post(many)).json()).toMatchObject({ created: 5_000 });
  expect((await post([...many, { device: '', tag: 'one more', meterId: null, point: null }])).statusCode).toBe(400);
  await owner.query('delete from registry.dialect_tag');
});

test('the list is paged and filtered', async () => {
  for (const [k, name] of ['a', 'b', 'c'].entries()) {
    await send(
      'POST',
      '/dialect-mappings',
      tag(name, { meterId: null, point: null, device: k === 2 ? 'other' : 'modbus/grp' }),
    );
  }
  const first = (await get('/dialect-mappings?limit=2')).json();
  const second = (await get(`/dialect-mappings?limit=2&cursor=${first.nextCursor}`)).json();
  expect([...first.items, ...second.items].map((item: { tag: string }) => item.tag)).toEqual(['a', 'b', 'c']);
  expect(second.nextCursor).toBeNull();
  expect((await get('/dialect-mappings?device=other')).json().items).toHaveLength(1);
  expect((await get(`/dialect-mappings?gatewayId=${nativeId}`)).json().items).toEqual([]);
  await owner.query('delete from registry.dialect_tag');
});

test('what waits in quarantine is suggested, with a target where the names tell one', async () => {
  const keep = (i: number, payload: object, reason = 'unknown-meter') =>
    owner.query(
      `insert into metering.quarantine (gateway_code, reason, detail, payload, digest)
       values ('GW-0001', $2, '-', $1, sha256($3))`,
      [JSON.stringify(payload), reason, Buffer.from([i])],
    );
  await keep(1, { m: 'modbus/M-1', p: 'EPI_Wh', t: 1, x: 5 });
  await keep(2, { m: 'modbus/M-1', p: 'EPI_Wh', t: 2, x: 6 });
  await keep(3, { m: 'GW-0001', p: 'mystery', t: 1, x: '7' }, 'unknown-point');
  await keep(4, { m: 'modbus/M-1', p: 'EPI_Wh', t: 3, x: 9 }, 'future-time');
  const { items } = (await get(`/gateways/${gatewayId}/dialect-mapping-suggestions`)).json();
  expect(items).toMatchObject([
    {
      device: 'modbus/M-1',
      tag: 'EPI_Wh',
      entries: 2,
      lastValue: 6,
      suggestion: { meterCode: 'M-1', point: 'energy.import', powerOfTen: -3 },
    },
    { device: '', tag: 'mystery', entries: 1, suggestion: null },
  ]);
  await send('POST', '/dialect-mappings', tag('EPI_Wh', { device: 'modbus/M-1' }));
  const left = (await get(`/gateways/${gatewayId}/dialect-mapping-suggestions`)).json();
  expect(left.items).toHaveLength(1);
});

test('who may see another district only sees no gateway, no tag and no suggestion here', async () => {
  const { token } = await harness.person('elsewhere', { role: 'division-administrator', division: '320402' });
  const as = (url: string) => inject({ url: `/api/v1${url}`, headers: { authorization: `Bearer ${token}` } });
  expect((await as('/dialect-mappings')).json().items).toEqual([]);
  const [row] = (await owner.query<{ id: number }>('select id from registry.dialect_tag')).rows;
  expect((await as(`/dialect-mappings/${row?.id}`)).statusCode).toBe(404);
  expect((await as(`/gateways/${gatewayId}/dialect-mapping-suggestions`)).statusCode).toBe(404);
  const write = await inject({
    method: 'POST',
    url: '/api/v1/dialect-mappings',
    headers: { authorization: `Bearer ${token}` },
    payload: tag('theirs', { meterId: null, point: null }),
  });
  expect([400, 403]).toContain(write.statusCode);
});

const free = (meterCode: string, point: number, meterId = 1): FreePoint => ({
  meterId,
  meterCode,
  meterName: `${meterCode}表`,
  point,
});

test.each([
  ['dev', 'kWh', [free('M-1', 1)], 'energy.import', 0],
  ['dev', 'TotalWh', [free('M-1', 1)], 'energy.import', -3],
  ['dev', 'MWh_total', [free('M-1', 1)], 'energy.import', 3],
  ['dev', '正向有功电能', [free('M-1', 1), free('M-1', 10)], 'energy.import', 0],
  ['dev', 'Ua', [free('M-1', 20), free('M-1', 21)], 'voltage.a', 0],
  ['dev', 'cosPhi', [free('M-1', 12)], 'power.factor', 0],
  ['7', '1/01A00', [free('M-1', 1)], 'energy.import', 0],
  ['7', '8/01A00', [free('M-1', 1), free('M-1', 10)], 'power', 0],
  ['7', '1/02000', [free('W-1', 50)], 'water.volume', 0],
  ['B2-M-2', 'kWh', [free('M-1', 1), free('M-2', 1, 2)], 'energy.import', 0],
  ['dev', 'kWh', [free('M-1', 1), free('M-2', 1, 2)], undefined, 0],
  ['dev', 'whatever', [free('M-1', 1)], undefined, 0],
  ['dev', 'Ub', [free('M-1', 20)], undefined, 0],
])('%s %s is suggested as %s', (device, name, points, point, powerOfTen) => {
  const found = suggest(device, name, points);
  expect(found?.point).toBe(point);
  if (found) expect(found.powerOfTen).toBe(powerOfTen);
});
