import { fixtureRegistry } from '@ganzhi/schemas/testing';
import exceljs from 'exceljs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarness, storeReadings } from '../../../test/harness.ts';

const NOW = Date.parse('2026-11-23T12:30:00+08:00');
const harness = await startHarness({ now: NOW });
const { owner, get } = harness;
afterAll(() => harness.stop());

const bearer = { authorization: `Bearer ${harness.token}` };
const octets = { 'content-type': 'application/octet-stream' };

beforeAll(async () => {
  await fixtureRegistry(owner, { meters: [{ code: 'M-1' }, { code: 'M-1-1', parent: 'M-1' }] });
});

/** Sends a file; headings and rows as CSV, or sheets of a workbook. */
async function upload(
  content: string | Buffer | Record<string, unknown[][]>,
  query: Record<string, string>,
  headers: Record<string, string> = bearer,
) {
  const payload =
    typeof content === 'string' ? Buffer.from(content) : Buffer.isBuffer(content) ? content : await workbook(content);
  return harness.inject({
    method: 'POST',
    url: '/api/v1/registry-imports',
    query,
    headers: { ...headers, ...octets },
    payload,
  });
}

async function workbook(sheets: Record<string, unknown[][]>): Promise<Buffer> {
  const book = new exceljs.Workbook();
  for (const [name, rows] of Object.entries(sheets)) book.addWorksheet(name).addRows(rows);
  return Buffer.from(await book.xlsx.writeBuffer());
}

type Import = {
  id: number;
  version: number;
  state: string;
  counts: Record<string, number | string>[];
  detail?: string;
};
async function step(name: string, { id, version }: Import, headers: Record<string, string> = bearer) {
  return harness.inject({
    method: 'POST',
    url: `/api/v1/registry-imports/${id}/${name}`,
    headers: { ...headers, 'if-match': `"${version}"` },
  });
}
async function checked(content: Parameters<typeof upload>[0], query: Record<string, string>): Promise<Import> {
  const uploaded = await upload(content, query);
  expect([uploaded.statusCode, uploaded.body]).toEqual([201, uploaded.body]);
  return (await step('check', uploaded.json())).json();
}
const errorsOf = async ({ id }: Import) =>
  (await get(`/registry-imports/${id}/errors`)).json().items as {
    line: number;
    column: string;
    value: string;
    zh: string;
    en: string;
  }[];
const changesOf = async ({ id }: Import, query = '') =>
  (await get(`/registry-imports/${id}/changes${query}`)).json().items;

/** Everything of the registry that imports write, as text. */
async function registry(): Promise<string> {
  const { rows } = await owner.query<{ all: string }>(
    `select coalesce(string_agg(t, E'\n' order by t), '') as all from (
       select concat_ws('|', 'i', code, name_zh, area_m2, headcount, division_code) as t from registry.institution
       union all select concat_ws('|', 'b', code, name_zh, area_m2) from energy.building
       union all select concat_ws('|', 'g', code, name_zh, dialect, institution_id) from registry.gateway
       union all select concat_ws('|', 'a', carrier, account_no, supplier) from energy.utility_account
       union all select concat_ws('|', 'm', m.code, m.name_zh, m.institution_id, m.gateway_id, m.parent_id, m.role, m.medium, m.template,
         m.interval_s, m.connection, m.utility_account_id, (select string_agg(p.point || ':' || p.decimals, ',' order by p.point)
           from registry.point p where p.meter_id = m.id), (select building_id from energy.meter_place l where l.meter_id = m.id),
         (select string_agg(r.ct || 'x' || r.pt, ',') from registry.meter_ratio r where r.meter_id = m.id)) from registry.meter m
     ) x`,
  );
  return rows[0]?.all ?? '';
}

const CITY = {
  机构: [
    ['机构编码*', '名称*', '英文名称*', '机构类型*', '行政区划*', '建筑面积（m²）*', '用能人数*'],
    ['CZ-0100', '第一中学', 'No. 1 School', '机关', '武进区', 3200.5, 120],
  ],
  建筑: [
    ['机构编码', '建筑编码', '名称', '英文名称', '建筑面积（m²）'],
    ['CZ-0100', 'A', '教学楼', 'Classrooms', 2000],
  ],
  网关: [
    ['网关编号', '机构编码', '名称', '英文名称'],
    ['GW-0100', 'CZ-0100', '网关', 'Gateway'],
  ],
  用能账户: [
    ['能源品种', '户号', '机构编码', '供应单位', '计入方式'],
    ['电力', '320400100', 'CZ-0100', '供电公司', '核对'],
  ],
  表计: [
    [
      '表计编号',
      '名称',
      '英文名称',
      '机构编码',
      '介质',
      '角色',
      '上级表计',
      '网关编号',
      '型号模板',
      '采集量',
      '建筑编码',
      '户号',
      'CT变比',
      '连接参数',
    ],
    ['M-100-1', '分表', 'Sub', 'CZ-0100', '电', '分表', 'M-100', 'GW-0100', 'acrel-adw300', '', 'A', '', '', ''],
    [
      'M-100',
      '总表',
      'Main',
      'CZ-0100',
      '电',
      '',
      '',
      'GW-0100',
      'acrel-adw300',
      'power;energy.import',
      '',
      '320400100',
      40,
      'modbus-tcp host=10.1.2.3 port=502 unit=5',
    ],
  ],
};

test('a whole institution from one workbook: preview, commit, export that changes nothing, undo', async () => {
  const before = await registry();
  const preview = await checked(CITY, { fileName: '新机构.xlsx' });
  expect(await errorsOf(preview)).toEqual([]);
  expect(preview.state).toBe('ready');
  expect(preview.counts.map(({ kind, rows, create }) => [kind, rows, create])).toEqual([
    ['institutions', 1, 1],
    ['buildings', 1, 1],
    ['gateways', 1, 1],
    ['utility-accounts', 1, 1],
    ['meters', 2, 2],
  ]);
  expect(await registry()).toBe(before);
  const changes = await changesOf(preview, '?action=create&limit=1000');
  expect(changes.find(({ key }: { key: string }) => key === 'M-100')).toMatchObject({
    line: 3,
    after: {
      role: 'main',
      intervalS: 900,
      ct: 40,
      pt: 1,
      quantities: 'energy.import;power',
      accountNo: '320400100',
      parentCode: null,
    },
  });

  const committed = (await step('commit', preview)).json();
  expect(committed.state).toBe('committed');
  const after = await registry();
  expect(after).not.toBe(before);
  const { rows } = await owner.query("select code, role from registry.meter where code like 'M-100%' order by code");
  expect(rows).toEqual([
    { code: 'M-100', role: 'main' },
    { code: 'M-100-1', role: 'sub' },
  ]);
  expect((await step('commit', { ...committed, version: preview.version })).statusCode).toBe(412);
  expect((await step('commit', committed)).statusCode).toBe(409);

  for (const lang of ['zh', 'en']) {
    const file = await get(`/registry-exports?lang=${lang}`);
    expect(file.statusCode).toBe(200);
    const again = await checked(file.rawPayload, { fileName: 'registry.xlsx' });
    expect([again.state, await errorsOf(again), await changesOf(again, '?action=update')]).toEqual(['ready', [], []]);
    expect(again.counts.every(({ create, update }) => create === 0 && update === 0)).toBe(true);
    const csv = await get(`/registry-exports?lang=${lang}&format=csv&kinds=meters`);
    const fromCsv = await checked(csv.rawPayload, { fileName: 'meters.csv', kind: 'meters' });
    expect([fromCsv.state, fromCsv.counts]).toEqual([
      'ready',
      [{ kind: 'meters', rows: 4, create: 0, update: 0, unchanged: 4, errors: 0 }],
    ]);
  }
  expect((await step('undo', committed)).json().state).toBe('undone');
  expect(await registry()).toBe(before);
  const trail = await owner.query('select action from platform.audit where target = $1 order by id', [
    `registry-import/${preview.id}`,
  ]);
  expect(trail.rows.map((row) => row.action)).toEqual(
    ['create', 'check', 'commit', 'undo'].map((verb) => `registry-import.${verb}`),
  );
});

test('every error is named by its cell, with what to do, and nothing is written', async () => {
  const before = await registry();
  const faulty = await checked(
    {
      表计: [
        ['表计编号', '名称', '英文名称', '机构编码', '介质', '型号模板', '采集间隔（秒）', '电话'],
        ['M-1', '', '', '', '水', '', '', ''],
        ['M 2', '表', 'Meter', 'CZ-0001', '电', 'acrel-adw300', '900', ''],
        ['M-3', '表', 'Meter', 'CZ-9999', '光', 'acrel-adw300', '0', '138'],
        ['M-4', '', 'Meter', 'CZ-0001', '电', 'acrel-adw300', '', ''],
        ['M-5', '表', 'Meter', 'CZ-0001', '电', 'acrel-adw300', '', ''],
        ['M-5', '表', 'Meter', 'CZ-0001', '电', 'acrel-adw300', '', ''],
        ['M-6', '表', 'Meter', 'CZ-9999', '电', { formula: 'NA()', result: { error: '#N/A' } }, '', ''],
      ],
    },
    { fileName: 'x.xlsx' },
  );
  expect(faulty.state).toBe('faulty');
  const errors = await errorsOf(faulty);
  // a fault of a column that the file does not have stands at its line
  const cells = errors.map(({ line, column }) => `${column}${line}`);
  expect(cells).toEqual(['H1', 'F8', 'null2', 'E2', 'A3', 'E4', 'G4', 'B5', 'A7', 'F8']);
  expect(errors.map(({ zh }) => zh).join('\n')).toMatch(/不认识或重复的列“电话”[\s\S]*没有“光”，可填：电、水/);
  expect(errors.find(({ value }) => value === '光')?.en).toMatch(/^There is no "光"; write one of electricity, water/);
  expect((await step('commit', faulty)).statusCode).toBe(409);
  expect(await registry()).toBe(before);
});

test('a CSV of a spreadsheet program in China: GB18030, semicolons, empty cells leave what is there, "-" empties', async () => {
  const gb18030 = Buffer.from('b1edbcc6b1e0bac53bc3fbb3c60d0a4d2d313bd7dcb1ed0d0a', 'hex');
  const preview = await checked(gb18030, { fileName: 'meters.csv', kind: 'meters' });
  const [change] = await changesOf(preview, '?action=update');
  expect(change).toMatchObject({
    key: 'M-1',
    line: 2,
    changes: [{ field: 'nameZh', zh: '名称', before: '表', after: '总表' }],
  });
  const committed = (await step('commit', preview)).json();
  const cleared = await checked('表计编号,网关编号,英文名称\nM-1-1,-,\n', { fileName: 'm.csv', kind: 'meters' });
  expect((await changesOf(cleared))[0].changes).toEqual([
    { field: 'gatewayCode', zh: '网关编号', en: 'Gateway', before: 'GW-0001', after: null },
  ]);
  expect((await step('undo', committed)).statusCode).toBe(200);
});

test('a commit is refused when the registry changed under what it touches, and only then', async () => {
  const file = '表计编号,名称\nM-1,改名\n';
  const preview = await checked(file, { fileName: 'm.csv', kind: 'meters' });
  await owner.query("update registry.meter set name_en = 'Other' where code = 'M-1-1'");
  await owner.query("update registry.meter set interval_s = 60 where code = 'M-1'");
  const refused = await step('commit', preview);
  expect([refused.statusCode, refused.json().detail]).toEqual([409, expect.stringContaining('表计 2')]);
  const again = (await step('check', preview)).json();
  expect((await step('commit', again)).statusCode).toBe(200);
});

test('an import is undone only while nothing was built on it', async () => {
  const file = (code: string) =>
    `表计编号,名称,英文名称,机构编码,介质,型号模板\n${code},表,Meter,CZ-0001,电,acrel-adw300\n`;
  const commit = async (code: string) =>
    (await step('commit', await checked(file(code), { fileName: 'm.csv', kind: 'meters' }))).json();
  const read = await commit('U-1');
  const { rows } = await owner.query<{ id: number }>("select id from registry.meter where code = 'U-1'");
  await storeReadings(owner, rows[0]?.id ?? 0, [{ at: NOW, value: 1 }]);
  const refused = await step('undo', read);
  expect([refused.statusCode, refused.json().detail]).toEqual([409, expect.stringContaining('U-1')]);
  const changed = await commit('U-2');
  await owner.query("update registry.meter set name_zh = '手工改' where code = 'U-2'");
  expect((await step('undo', changed)).statusCode).toBe(409);
  const below = await commit('U-3');
  await owner.query(
    `insert into registry.meter (code, institution_id, parent_id, name_zh, name_en, medium, role, template)
     select 'U-3-1', institution_id, id, 'x', 'x', medium, 'sub', template from registry.meter where code = 'U-3'`,
  );
  expect((await step('undo', below)).statusCode).toBe(409);
  const free = await commit('U-4');
  expect((await step('undo', free)).statusCode).toBe(200);
  expect((await step('undo', { ...free, version: free.version + 1 })).statusCode).toBe(409);
});

test('ten people commit the same import: it is written once', async () => {
  const preview = await checked('机构编码,建筑编码,名称,英文名称\nCZ-0001,T,楼,Tower\n', {
    fileName: 'b.csv',
    kind: 'buildings',
  });
  const answers = await Promise.all(Array.from({ length: 10 }, () => step('commit', preview)));
  expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1);
  expect(answers.every(({ statusCode }) => [200, 409, 412].includes(statusCode))).toBe(true);
  const { rows } = await owner.query("select count(*)::int as n from energy.building where code = 'T'");
  expect(rows).toEqual([{ n: 1 }]);
});

test('scope is kept: a stranger imports nothing elsewhere; gateways need the fleet', async () => {
  await owner.query(
    "insert into registry.division (code, name_zh, name_en, sort_order) values ('320402', '天宁区', 'Tianning', 1) on conflict do nothing",
  );
  const stranger = await harness.person('far', { role: 'division-administrator', division: '320402' });
  const mine = (
    await upload('表计编号,名称\nM-1,我的\n', { fileName: 'm.csv', kind: 'meters' }, stranger.headers)
  ).json();
  const preview = (await step('check', mine, stranger.headers)).json();
  // for him the code is a new one, and lacks what a new one needs
  expect([preview.state, preview.counts[0].errors > 0]).toEqual(['faulty', true]);
  const district = await harness.person('near', { role: 'division-administrator', division: '320412' });
  const gateways = '网关编号,机构编码,名称,英文名称\nGW-NEW,CZ-0001,网关,Gateway\n';
  const sent = (await upload(gateways, { fileName: 'g.csv', kind: 'gateways' }, district.headers)).json();
  expect((await step('check', sent, district.headers)).json().state).toBe('faulty');
  expect((await get(`/registry-imports/${sent.id}/errors`)).json().items[0].zh).toMatch(/fleet.manage/);
  const other = await harness.inject({ url: `/api/v1/registry-imports/${sent.id}`, headers: stranger.headers });
  expect(other.statusCode).toBe(404);
});

test('files that are none are refused in words', async () => {
  const words = async (content: string | Buffer, query: Record<string, string>) => {
    const answer = await upload(content, query);
    return [answer.statusCode, answer.json().detail];
  };
  expect(await words('x', { fileName: 'x.xlsx' })).toEqual([400, expect.stringContaining('不是 .xlsx')]);
  expect(await words('', { fileName: 'x.csv', kind: 'meters' })).toEqual([400, expect.any(String)]);
  expect(await words('表计编号\nX\n', { fileName: 'x.csv' })).toEqual([400, expect.stringContaining('kind')]);
  expect(await words('表计编号\n"X\n', { fileName: 'x.csv', kind: 'meters' })).toEqual([
    400,
    expect.stringContaining('引号'),
  ]);
  expect(await words(await workbook({ Sheet9: [['a'], ['b']] }), { fileName: 'x.xlsx' })).toEqual([
    400,
    expect.stringContaining('Sheet9'),
  ]);
  expect(await words(Buffer.from('d0cf11e0a1b11ae1', 'hex'), { fileName: 'x.xlsx' })).toEqual([
    400,
    expect.stringContaining('.xls'),
  ]);
});

test('the template has drop-downs and explanations, and can be read as it is', async () => {
  const file = await get('/registry-import-templates');
  const book = new exceljs.Workbook();
  await book.xlsx.load(new Uint8Array(file.rawPayload).buffer);
  expect(book.worksheets.map(({ name, state }) => [name, state])).toEqual([
    ['机构', 'visible'],
    ['建筑', 'visible'],
    ['网关', 'visible'],
    ['用能账户', 'visible'],
    ['表计', 'visible'],
    ['填写说明', 'visible'],
    ['lists', 'veryHidden'],
  ]);
  const sheet = book.getWorksheet('表计');
  expect(sheet?.getCell('E2').dataValidation).toMatchObject({ type: 'list' });
  expect(sheet?.getCell('A1').note).toBeTruthy();
  const sent = await upload(file.rawPayload, { fileName: 'template.xlsx' });
  expect(sent.json()).toMatchObject({ readErrors: 0, state: 'read' });
});
