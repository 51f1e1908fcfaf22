import { fixtureRegistry } from '@ganzhi/schemas/testing';
import exceljs from 'exceljs';
import { afterAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';

const harness = await startHarness({ now: Date.parse('2026-11-23T12:00:00+08:00') });
const { owner, app, token, get } = harness;
afterAll(() => harness.stop());

const post = (url: string, payload: object) =>
  app.inject({ method: 'POST', url: `/api/v1${url}`, payload, headers: { authorization: `Bearer ${token}` } });
const { institutionId } = await fixtureRegistry(owner, { gateways: [], meters: [] });

async function account(
  accountNo: string,
  carrier: string,
  counting = 'additional',
  purpose = 'building',
): Promise<number> {
  const made = await post('/utility-accounts', {
    institutionId,
    carrier,
    accountNo,
    supplier: '供电公司',
    counting,
    purpose,
  });
  expect(made.statusCode).toBe(201);
  return made.json().id;
}
const bill = (accountId: number, from: string, to: string, quantity: string, more = {}) =>
  post('/bills', { accountId, from, to, quantity, documentRef: '发票', ...more });
const electricity = await account('320400001', 'electricity');
const gasoline = await account('CARD-1', 'gasoline', 'additional', 'vehicle');
await account('320400002', 'electricity', 'check');

test('bills count by their days, in a month and in the year, and the months add up', async () => {
  expect((await bill(electricity, '2026-01-16', '2026-02-16', '3100', { costCny: '2170' })).statusCode).toBe(201);
  expect((await bill(gasoline, '2026-01-01', '2026-02-01', '310')).statusCode).toBe(201);
  const month = async (from: string, to: string) =>
    (await get(`/institutions/${institutionId}/indicators?from=${from}&to=${to}`)).json();
  const january = await month('2026-01-01', '2026-02-01');
  const [power, fuel] = january.carriers;
  expect([power.quantity, power.shares, power.atLeast, power.missing]).toEqual([
    1600,
    { derived: 1 },
    true,
    ['320400001'],
  ]);
  expect([fuel.quantity, fuel.vehicleQuantity]).toEqual([310, 310]);
  const vehicle = 310 * 0.73 * 1.4714;
  expect(january.comprehensiveKgce).toBeCloseTo(1600 * 0.1229 + vehicle, 5);
  expect(january.perAreaKgce).toBeCloseTo((1600 * 0.1229) / 3000, 6);
  const february = await month('2026-02-01', '2026-03-01');
  expect(power.quantity + february.carriers[0].quantity).toBe(3100);
});

test('an overlap is refused; a voided bill makes room and stays on file', async () => {
  const again = await bill(electricity, '2026-02-15', '2026-03-15', '2900');
  expect([again.statusCode, again.json().errors[0].path]).toEqual([400, 'from']);
  const next = await bill(electricity, '2026-02-16', '2026-03-16', '2800');
  expect(next.statusCode).toBe(201);
  const { id } = next.json();
  expect((await post(`/bills/${id}/void`, { reason: '抄错' })).json().voided.reason).toBe('抄错');
  expect((await post(`/bills/${id}/void`, { reason: '再次' })).statusCode).toBe(409);
  expect((await bill(electricity, '2026-02-16', '2026-03-16', '2810')).statusCode).toBe(201);
  const items = (await get(`/bills?accountId=${electricity}`)).json().items;
  expect(items.map((one: { quantity: string; voided: unknown }) => [one.quantity, one.voided !== null])).toEqual([
    ['3100', false],
    ['2800', true],
    ['2810', false],
  ]);
});

test('an unusual bill needs an explanation: price, unit slip, jump', async () => {
  const price = await bill(electricity, '2026-03-16', '2026-04-16', '3000', { costCny: '300' });
  expect(price.json().detail).toContain('单价 0.1000 元');
  const slip = await bill(electricity, '2026-03-16', '2026-04-16', '3');
  expect(slip.json().detail).toContain('单位填错');
  const jump = await bill(electricity, '2026-03-16', '2026-04-16', '9000');
  expect([jump.statusCode, jump.json().errors[0].path]).toEqual([400, 'quantity']);
  expect((await bill(electricity, '2026-03-16', '2026-04-16', '9000', { explanation: '疫情值守' })).statusCode).toBe(
    201,
  );
});

const base64 = (text: string) => Buffer.from(text).toString('base64');
const HEAD = '户号,能源品种,起始日,终止日,数量,金额,单据\n';
const countBills = async () =>
  (await owner.query<{ n: number }>("select count(*)::int4 as n from energy.bill where origin = 'import'")).rows[0]?.n;

test('an import says what is wrong by cell, and writes all or nothing', async () => {
  const good = '320400002,electricity,2024-01-01,2024-02-01,3000,2100,A\n';
  const bad =
    '320400002,electricity,2024-01-15,2024-03-01,3000,,B\nNOBODY,electricity,2024-02-30,2024-03-01,"3,000",,\n';
  const mixed = (
    await post('/bill-imports', { format: 'csv', content: base64(HEAD + good + bad), preview: false })
  ).json();
  expect([mixed.rows, mixed.written]).toEqual([3, 0]);
  expect(mixed.errors.map((one: { line: number; column: string }) => `${one.line} ${one.column}`)).toEqual([
    '3 from',
    '4 accountNo',
    '4 from',
    '4 quantity',
    '4 documentRef',
  ]);
  const file = { format: 'csv', content: base64(`\uFEFF${HEAD}${good}`) };
  expect((await post('/bill-imports', file)).json()).toEqual({ rows: 1, written: 0, errors: [] });
  expect(await countBills()).toBe(0);
  expect((await post('/bill-imports', { ...file, preview: false })).json()).toEqual({
    rows: 1,
    written: 1,
    errors: [],
  });
  expect(await countBills()).toBe(1);
  expect((await post('/bill-imports', { format: 'csv', content: base64('a,b\n1,2\n') })).json().detail).toContain(
    '户号',
  );
  expect((await post('/bill-imports', { format: 'xlsx', content: base64('no zip') })).statusCode).toBe(400);
});

test('an Excel file of bills, and hours of a time before the meters', async () => {
  const book = new exceljs.Workbook();
  const sheet = book.addWorksheet('2024');
  sheet.addRow(['户号', '能源品种', '起始日', '终止日', '数量', '金额', '单据']);
  sheet.addRow(['320400002', 'electricity', new Date('2024-02-01'), new Date('2024-03-01'), 2900.5, 2030, 'C']);
  const content = Buffer.from(await book.xlsx.writeBuffer()).toString('base64');
  expect((await post('/bill-imports', { format: 'xlsx', content, preview: false })).json()).toEqual({
    rows: 1,
    written: 1,
    errors: [],
  });

  const hours = 'hour,quantity\n2023-05-01 08:00,10.5\n2023-05-01 09:00,11\n';
  const series = {
    institutionId,
    carrier: 'electricity',
    name: '2023',
    sourceDocument: '原平台导出',
    format: 'csv',
    preview: false,
  };
  expect((await post('/series-imports', { ...series, content: base64(hours) })).json().written).toBe(2);
  const twice = (await post('/series-imports', { ...series, content: base64(hours) })).json();
  expect([twice.written, twice.errors[0].column]).toEqual([0, 'hour']);
  const answer = (await get(`/institutions/${institutionId}/indicators?from=2023-05-01&to=2023-06-01`)).json();
  expect([answer.carriers[0].quantity, answer.carriers[0].shares]).toEqual([21.5, { manual: 1 }]);
});

test('an account is corrected by version; once billed it keeps what it counts as, and it closes behind its last bill', async () => {
  const change = (method: 'POST' | 'PATCH', path: string, payload: object, version: number) =>
    app.inject({
      method,
      url: `/api/v1/utility-accounts/${path}`,
      payload,
      headers: { authorization: `Bearer ${token}`, 'if-match': `"${version}"` },
    });
  const account = {
    institutionId,
    carrier: 'electricity',
    accountNo: '320400009',
    supplier: '旧名',
    purpose: 'vehicle',
    counting: 'check',
  };
  const { id } = (await post('/utility-accounts', account)).json();
  expect((await change('PATCH', `${id}`, { supplier: '新名', counting: 'additional' }, 1)).json()).toMatchObject({
    supplier: '新名',
    counting: 'additional',
    purpose: 'vehicle',
    version: 2,
  });
  const bill = { accountId: id, from: '2024-01-01', to: '2024-02-01', quantity: '100', documentRef: 'x' };
  expect((await post('/bills', bill)).statusCode).toBe(201);
  expect((await change('PATCH', `${id}`, { counting: 'check' }, 2)).json()).toMatchObject({
    status: 409,
    errors: [{ path: 'counting' }],
  });
  expect((await change('PATCH', `${id}`, { supplier: '再改' }, 1)).statusCode).toBe(412);
  expect((await change('POST', `${id}/closure`, { on: '2024-01-31', reason: '过户' }, 2)).statusCode).toBe(409);
  const closed = { on: '2024-02-01', reason: '过户' };
  expect((await change('POST', `${id}/closure`, closed, 2)).json()).toMatchObject({ closed, version: 3 });
  expect((await change('PATCH', `${id}`, { supplier: '晚了' }, 3)).statusCode).toBe(409);
  const later = await post('/bills', { ...bill, from: '2024-02-01', to: '2024-03-01' });
  expect([later.statusCode, later.json().errors]).toMatchObject([400, [{ path: 'to' }]]);
});
