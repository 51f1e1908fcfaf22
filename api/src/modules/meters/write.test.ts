import { HOUR, TEMPLATE_CATALOGUE } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarness, storeReadings } from '../../../test/harness.ts';
import { connectionText, parseConnection } from './connection-text.ts';

const NOW = Date.parse('2026-11-23T12:30:00+08:00');
const harness = await startHarness({ now: NOW });
const { owner } = harness;
afterAll(() => harness.stop());

const send = (method: 'POST' | 'PATCH' | 'GET', path: string, payload?: object, headers: Record<string, string> = {}) =>
  harness.inject({
    method,
    url: `/api/v1${path}`,
    headers: { authorization: `Bearer ${harness.token}`, ...headers },
    ...(payload ? { payload } : {}),
  });
const METER = {
  code: 'M-NEW',
  nameZh: '新表',
  nameEn: 'New meter',
  institutionCode: 'CZ-0001',
  medium: 'electricity',
  template: 'acrel-adw300',
};
const fieldsOf = (answer: { json: () => { errors?: { path: string }[] } }) =>
  answer.json().errors?.map(({ path }) => path);

beforeAll(async () => {
  await fixtureRegistry(owner, { meters: [{ code: 'M-1' }, { code: 'M-1-1', parent: 'M-1' }] });
  await owner.query(
    `insert into energy.building (institution_id, code, name_zh, name_en, created_by) select id, 'A', '甲楼', 'A', 'x' from registry.institution`,
  );
  await owner.query(
    `insert into energy.utility_account (institution_id, carrier, account_no, supplier, purpose, counting, created_by)
     select id, carrier, no, 'x', 'building', 'check', 'x' from registry.institution,
       (values ('electricity', 'E-1'), ('natural-gas', 'G-1')) a(carrier, no)`,
  );
});

test('a meter is registered with everything that belongs to it, changed by version, and retired', async () => {
  const body = {
    ...METER,
    gatewayCode: 'GW-0001',
    buildingCode: 'A',
    accountNo: 'E-1',
    itemCode: '01A00',
    connection: { protocol: 'modbus-tcp', host: '10.1.2.3', port: 502, unit: 5 },
  };
  const created = await send('POST', '/meters', body, { 'idempotency-key': 'one' });
  expect(created.statusCode).toBe(201);
  expect(created.json()).toMatchObject({
    ...body,
    version: 1,
    role: 'main',
    parentCode: null,
    intervalS: 900,
    ct: 1,
    quantities: [
      'energy.import',
      'energy.export',
      'power',
      'voltage.a',
      'voltage.b',
      'voltage.c',
      'current.a',
      'current.b',
      'current.c',
    ],
    retired: null,
  });
  const again = await send('POST', '/meters', body, { 'idempotency-key': 'one' });
  expect(again.json()).toEqual(created.json());
  const { id } = created.json();
  const read = await send('GET', `/meters/${id}/registration`);
  expect(read.headers.etag).toBe('"1"');
  const patch = {
    role: 'sub',
    parentCode: 'M-1',
    quantities: ['power', 'energy.import'],
    connection: null,
    buildingCode: null,
  };
  const changed = await send('PATCH', `/meters/${id}`, patch, { 'if-match': '"1"' });
  expect(changed.json()).toMatchObject({
    ...patch,
    quantities: ['energy.import', 'power'],
    version: 2,
    accountNo: 'E-1',
  });
  expect((await send('PATCH', `/meters/${id}`, { nameZh: '迟到' }, { 'if-match': '"1"' })).statusCode).toBe(412);

  const parent = await owner.query<{ id: number }>("select id from registry.meter where code = 'M-1'");
  const early = await send(
    'POST',
    `/meters/${parent.rows[0]?.id}/retirement`,
    { reason: '拆除' },
    { 'if-match': '"1"' },
  );
  expect([early.statusCode, early.json().detail]).toEqual([409, expect.stringContaining('M-1-1、M-NEW')]);
  const retired = await send(
    'POST',
    `/meters/${id}/retirement`,
    { reason: '楼宇拆除', at: '2026-11-20' },
    { 'if-match': '"2"' },
  );
  expect(retired.json().retired).toEqual({ at: '2026-11-20T00:00:00.000+08:00', reason: '楼宇拆除' });
  expect((await send('PATCH', `/meters/${id}`, { nameZh: 'x' }, { 'if-match': '"3"' })).statusCode).toBe(409);
  const trail = await owner.query("select action from platform.audit where target = 'meter/M-NEW' order by id");
  expect(trail.rows.map((row) => row.action)).toEqual(['meter.create', 'meter.update', 'meter.retire']);
});

test.each([
  [{ gatewayCode: 'GW-9999' }, ['gatewayCode']],
  [{ parentCode: 'M-1' }, ['role']],
  [{ role: 'sub' }, ['parentCode']],
  [{ role: 'sub', parentCode: 'M-404' }, ['parentCode']],
  [{ role: 'sub', parentCode: 'M-1', medium: 'water', template: 'generic-cjt188-water' }, ['parentCode']],
  [{ buildingCode: 'B' }, ['buildingCode']],
  [{ accountNo: 'G-1' }, ['accountNo']],
  [{ accountNo: 'X-1' }, ['accountNo']],
  [{ template: 'no template' }, ['template', 'quantities']],
  [{ template: 'unknown-model', gatewayCode: 'GW-0001', quantities: ['power'] }, ['template']],
  [{ quantities: ['frequency'] }, ['quantities']],
  [{ medium: 'water' }, ['quantities']],
  [{ connection: { protocol: 'opcua', endpointUrl: 'opc.tcp://h', object: 'M' } }, ['connection']],
  [{ template: 'eastron-sdm630', ct: 40 }, ['ct']],
])('%j is refused at %j, with what to do', async (wrong, fields) => {
  const answer = await send('POST', '/meters', { ...METER, code: 'M-WRONG', ...wrong });
  expect([answer.statusCode, fieldsOf(answer)]).toEqual([400, fields]);
  const english = await harness.inject({
    method: 'POST',
    url: '/api/v1/meters',
    headers: { authorization: `Bearer ${harness.token}`, 'accept-language': 'en' },
    payload: { ...METER, code: 'M-WRONG', ...wrong },
  });
  expect(english.json().detail).toMatch(/^[\x20-\x7e]+$/);
});

test('resolution and modulus of its points are the template’s', async () => {
  const stored = TEMPLATE_CATALOGUE['generic-dlt645-three-phase']?.stored ?? {};
  const body = {
    ...METER,
    code: 'M-DLT',
    template: 'generic-dlt645-three-phase',
    quantities: ['energy.import', 'power'],
  };
  const { id } = (await send('POST', '/meters', body)).json();
  const { rows } = await owner.query<{ decimals: number; modulus: bigint | null }>(
    'select decimals, modulus from registry.point where meter_id = $1 order by point',
    [id],
  );
  expect(stored['energy.import']?.[1]).toMatch(/^\d+$/);
  expect(rows.map(({ decimals, modulus }) => [decimals, modulus === null ? null : String(modulus)])).toEqual([
    stored['energy.import'],
    stored.power,
  ]);
});

test('what readings mean does not change under them', async () => {
  const { id } = (await send('POST', '/meters', { ...METER, code: 'M-READ' })).json();
  await storeReadings(owner, id, [{ at: NOW - HOUR, value: 1_000 }]);
  await fixtureRegistry(owner, { institution: 'CZ-0002', division: '320402', gateways: [], meters: [] });
  const patch = async (body: object) => fieldsOf(await send('PATCH', `/meters/${id}`, body, { 'if-match': '"1"' }));
  expect(await patch({ quantities: ['power'] })).toEqual(['quantities']);
  expect(await patch({ institutionCode: 'CZ-0002' })).toEqual(['institutionCode']);
  expect(await patch({ role: 'sub', parentCode: 'M-1' })).toEqual(['parentCode']);
  expect(await patch({ medium: 'water', template: 'generic-cjt188-water', quantities: ['water.volume'] })).toEqual([
    'quantities',
    'medium',
  ]);
  expect(
    (await send('PATCH', `/meters/${id}`, { quantities: ['energy.import'] }, { 'if-match': '"1"' })).statusCode,
  ).toBe(200);
});

test('no circle of parents, a code once, and one of ten writers wins', async () => {
  const top = (await send('POST', '/meters', { ...METER, code: 'T-1' })).json();
  await send('POST', '/meters', { ...METER, code: 'T-2', role: 'sub', parentCode: 'T-1' });
  const circle = await send('PATCH', `/meters/${top.id}`, { role: 'sub', parentCode: 'T-2' }, { 'if-match': '"1"' });
  expect(fieldsOf(circle)).toEqual(['parentCode']);
  const twice = await Promise.all(Array.from({ length: 10 }, () => send('POST', '/meters', { ...METER, code: 'T-3' })));
  expect(twice.map((answer) => answer.statusCode).sort()).toEqual([201, ...Array(9).fill(409)]);
  const writers = await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      send('PATCH', `/meters/${top.id}`, { nameZh: `第${i}` }, { 'if-match': '"1"' }),
    ),
  );
  expect(writers.map((answer) => answer.statusCode).sort()).toEqual([200, ...Array(9).fill(412)]);
});

test('who has only a part in scope registers nothing elsewhere, and changes nothing by a meter alone', async () => {
  const elsewhere = await harness.person('elsewhere', { role: 'division-administrator', division: '320402' });
  const answer = await harness.inject({
    method: 'POST',
    url: '/api/v1/meters',
    headers: elsewhere.headers,
    payload: METER,
  });
  expect(answer.statusCode).toBe(404);
  const { rows } = await owner.query<{ id: number; version: number }>(
    "select id, version from registry.meter where code = 'M-1-1'",
  );
  const guest = await harness.person('guest', { role: 'energy-manager', meters: [rows[0]?.id ?? 0] });
  const patched = await harness.inject({
    method: 'PATCH',
    url: `/api/v1/meters/${rows[0]?.id}`,
    headers: { ...guest.headers, 'if-match': `"${rows[0]?.version}"` },
    payload: { nameZh: '改' },
  });
  expect(patched.statusCode).toBe(403);
});

test('a connection as text comes back as it was', () => {
  const host = fc.constantFrom('10.0.0.1', 'bus.example');
  const port = fc.integer({ min: 1, max: 65_535 });
  const line = fc.oneof(
    fc.record({ kind: fc.constant('tcp'), host, port, pauseMs: fc.constantFrom(20, 100) }),
    fc.record({
      kind: fc.constant('serial'),
      path: fc.constantFrom('/dev/ttyUSB0', '/dev/a b%20'),
      parity: fc.constant('odd'),
    }),
  );
  const connection = fc.oneof(
    fc.record({
      protocol: fc.constant('modbus-tcp'),
      host,
      port,
      unit: fc.nat({ max: 255 }),
      timeoutMs: fc.constantFrom(1_000, 50),
    }),
    fc.record({
      protocol: fc.constant('dlt645'),
      line,
      address: fc.constantFrom('000000000012', '12', 'AAAAAAAAAAAA'),
    }),
    fc.record({
      protocol: fc.constant('opcua'),
      endpointUrl: fc.constant('opc.tcp://h:4840/a b?x=1'),
      object: fc.constant('表 1/=%'),
    }),
  );
  fc.assert(
    fc.property(connection, (raw) => {
      const text = Object.entries(raw).flatMap(([name, value]) =>
        typeof value === 'object'
          ? Object.entries(value as object).map(
              ([inner, leaf]) => `${name}.${inner}=${encodeURIComponent(String(leaf))}`,
            )
          : name === 'protocol'
            ? []
            : [`${name}=${encodeURIComponent(String(value))}`],
      );
      const parsed = parseConnection([raw.protocol, ...text].join(' '));
      if ('zh' in parsed) throw new Error(parsed.en);
      expect(parsed).toMatchObject(raw);
      expect(parseConnection(connectionText(parsed))).toEqual(parsed);
    }),
    { numRuns: 60 },
  );
  expect(connectionText(parseConnection('modbus-tcp host=10.1.2.3 port=502 unit=5 timeoutMs=1000') as never)).toBe(
    'modbus-tcp host=10.1.2.3 port=502 unit=5',
  );
});
