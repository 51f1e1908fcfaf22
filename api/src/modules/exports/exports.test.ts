import { DAY, HOUR } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import ExcelJS from 'exceljs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bookHours, bookSpan, startHarness, storeReadings } from '../../../test/harness.ts';
import { csvFile, harmless } from './csv.ts';
import { exportQuotaCompliance } from './quota-compliance.ts';

const NEW_YEAR = Date.parse('2026-01-01T00:00:00+08:00');
const NOW = NEW_YEAR + 2 * DAY + 20 * 60_000;
const harness = await startHarness({ now: NOW });
const { owner, get, db } = harness;
afterAll(() => harness.stop());

beforeAll(async () => {
  const over = await fixtureRegistry(owner, { institution: 'CZ-0001', meters: [{ code: 'M-1' }] });
  const within = await fixtureRegistry(owner, {
    institution: 'CZ-0002',
    gateways: ['GW-0002'],
    meters: [{ code: 'M-2' }],
  });
  const holes = await fixtureRegistry(owner, {
    institution: 'CZ-0003',
    gateways: ['GW-0003'],
    meters: [{ code: 'M-3' }],
  });
  const silent = await fixtureRegistry(owner, { institution: 'CZ-0004', gateways: ['GW-0004'], meters: [] });
  const hours = Array.from({ length: 48 }, (_, i) => NEW_YEAR + i * HOUR);
  const book = async (registry: typeof over, code: string, list: number[]) => {
    const meter = registry.meters.get(code) ?? 0;
    await bookHours(
      owner,
      meter,
      list.map((at) => ({ at, counts: 1_000 })),
    );
    await storeReadings(owner, meter, [
      { at: NEW_YEAR, value: 0 },
      { at: NOW, value: 1 },
    ]);
    return meter;
  };
  await book(over, 'M-1', hours);
  await book(within, 'M-2', hours);
  const third = await book(holes, 'M-3', [...hours.slice(0, 20), ...hours.slice(30)]);
  await bookSpan(owner, third, { from: NEW_YEAR + 20 * HOUR, to: NEW_YEAR + 30 * HOUR, counts: 4_200 });
  for (const [registry, constraint] of [
    [over, 400],
    [within, 960],
    [holes, 960],
    [silent, 960],
  ] as const) {
    await owner.query(
      `insert into energy.quota (institution_id, year, constraint_value, base_value, guide_value, source_document, sample)
       values ($1, 2026, $2, 300, 200, '=HYPERLINK("x") 样例', true)`,
      [registry.institutionId, constraint],
    );
  }
});

test('XLSX, read back: Chinese headings, numbers as numbers, verdicts, blanks where nothing is known', async () => {
  const answer = await get('/exports/quota-compliance?year=2026&format=xlsx');
  expect(answer.headers['content-type']).toContain('spreadsheetml');
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(decodeURIComponent(String(answer.headers['content-disposition']))).toContain(
    '定额执行情况-2026-截至2026-01-03.xlsx',
  );
  const workbook = new ExcelJS.Workbook();
  await workbook.xlsx.load(answer.rawPayload as unknown as ExcelJS.Buffer);
  const sheet = workbook.worksheets[0];
  expect(sheet?.name).toBe('2026年定额执行情况');
  const cells = (row: number) => ((sheet?.getRow(row).values ?? []) as unknown[]).slice(1);
  expect(cells(1).slice(0, 4)).toEqual(['机构代码', '机构名称', '机构类型', '所属区划']);
  expect(cells(2)).toEqual([
    'CZ-0001',
    '测试机关',
    '机关',
    '武进区',
    3000,
    '电',
    400,
    300,
    200,
    'kWh',
    480,
    1,
    '否',
    1.2,
    '超约束值',
    '=HYPERLINK("x") 样例',
    '是',
    '2026-01-03T00:20:00.000+08:00',
  ]);
  expect(cells(3)[14]).toBe('未超约束值');
  // ten hours of 48 unseen: the energy is certain, the sight is not enough
  expect(cells(4).slice(10, 15)).toEqual([422, 0.7917, '否', 0.4396, '数据不足，无法判定']);
  expect(sheet?.getRow(5).getCell(11).value).toBeNull();
  expect(sheet?.getRow(5).getCell(15).value).toBe('数据不足，无法判定');
  expect(sheet?.getRow(2).getCell(14).numFmt).toBe('0.00%');
});

test('CSV: BOM, CRLF, English on request, no formula survives', async () => {
  const answer = await get('/exports/quota-compliance?year=2026&format=csv&lang=en');
  const text = answer.rawPayload.toString('utf8');
  expect(text.charCodeAt(0)).toBe(0xfeff);
  const lines = text.slice(1).split('\r\n');
  expect(lines[0]).toMatch(/^Code,Institution,Type,Division,Floor area \(m²\),Medium,/);
  expect(lines[1]).toBe(
    `CZ-0001,Test office,Government office,Wujin,3000,Electricity,400,300,200,kWh,480,1,No,1.2,Over constraint,"'=HYPERLINK(""x"") 样例",Yes,2026-01-03T00:20:00.000+08:00`,
  );
  expect(lines[4]).toContain(',kWh,,,,,"Undecidable, data incomplete",');
  expect(lines).toHaveLength(6);
});

test('texts that a spreadsheet would run are neutralised, numbers are not', () => {
  expect(['=1', '+1', '-1', '@a', '\tx', 'a=1', -1, null].map(harmless)).toEqual([
    "'=1",
    "'+1",
    "'-1",
    "'@a",
    "'\tx",
    'a=1',
    -1,
    null,
  ]);
  const column = { zh: '数', en: 'n', cell: (n: number) => n, width: 1 };
  expect(csvFile([column], [-5], 'zh').toString()).toBe('\ufeff数\r\n-5\r\n');
});

test('JSON carries codes and both languages', async () => {
  const body = (await get('/exports/quota-compliance?format=json')).json();
  expect(body.year).toBe(2026);
  expect(body.items[2]).toMatchObject({ code: 'CZ-0003', verdict: 'undecidable', consumption: 422, atLeast: false });
  expect(body.items[3]).toMatchObject({ consumption: null, coverage: null, shareUsed: null, atLeast: null });
});

test('each export leaves an audit row; a year without quotas is an empty table', async () => {
  const answer = await get('/exports/quota-compliance?year=2025&format=csv');
  expect(answer.rawPayload.toString().split('\r\n')).toHaveLength(2);
  const { rows } = await owner.query(
    'select actor, action, target, after from platform.audit order by id desc limit 1',
  );
  expect(rows[0]).toMatchObject({
    actor: 'tester',
    action: 'export.quota-compliance',
    target: '2025',
    after: { format: 'csv', lang: 'zh' },
  });
});

test('seen after the end of the year: over stays over, within is no longer borne out, both are "at least"', async () => {
  const asOf = Date.parse('2027-02-01T00:00:00+08:00');
  const file = await exportQuotaCompliance(db, { year: 2026, format: 'json', asOf, locale: 'zh' });
  const { items } = JSON.parse(file.toString());
  expect(items[0]).toMatchObject({ verdict: 'over', atLeast: true, coverage: 0.0055 });
  expect(items[1]).toMatchObject({ verdict: 'undecidable', atLeast: true });
});
