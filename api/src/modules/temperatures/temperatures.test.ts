import { HOUR, shanghaiText } from '@ganzhi/schemas';
import { afterAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';

const harness = await startHarness({ now: Date.parse('2026-11-23T12:00:00+08:00') });
const { app, token, get } = harness;
afterAll(() => harness.stop());
const post = (url: string, payload: object) =>
  app.inject({ method: 'POST', url: `/api/v1${url}`, payload, headers: { authorization: `Bearer ${token}` } });

const START = Date.parse('2026-01-10T00:00:00+08:00');
const hours = (count: number, meanC: number, from = START) =>
  Array.from({ length: count }, (_, i) => ({ hour: shanghaiText(from + i * HOUR), meanC }));

test('a feed may send twice and correct itself; a day of few hours has no degree days', async () => {
  const send = (list: object[]) => post('/temperature-hours', { source: '测试', hours: list });
  expect((await send(hours(24, 3.5))).json()).toEqual({ rows: 24, written: 24, errors: [] });
  expect((await send(hours(24, 3.5))).json().written).toBe(0);
  expect((await send(hours(1, 4.5))).json().written).toBe(1);
  expect((await send(hours(10, 30, START + 24 * HOUR))).json().written).toBe(10);
  const answer = (await get('/degree-days?from=2026-01-10&to=2026-01-12')).json();
  expect([answer.heating, answer.cooling, answer.missingDays]).toEqual([14.46, 0, 1]);
  expect(answer.items[1]).toMatchObject({ day: '2026-01-11', meanC: null, heating: null, cooling: null, hours: 10 });
  expect((await get('/degree-days?station=00000')).json().errors[0].path).toBe('station');
  expect((await send([{ hour: '2026-01-10T00:30:00+08:00', meanC: 3 }])).statusCode).toBe(400);
});

test('a file is taken whole or not at all', async () => {
  const content = (text: string) => Buffer.from(text).toString('base64');
  const file = (text: string, preview = false) =>
    post('/temperature-imports', { source: '气象局', format: 'csv', content: content(`时间,气温\n${text}`), preview });
  const bad = (await file('2025-07-01 00:00,28.4\n2025-07-01 01:00,284\n2025-07-01 01:30,28\n')).json();
  expect([bad.written, bad.errors.map((one: { line: number; column: string }) => `${one.line} ${one.column}`)]).toEqual(
    [0, ['3 meanC', '4 hour']],
  );
  expect((await file('2025-07-01 00:00,28.4\n2025-07-01 01:00,28.1\n', true)).json()).toMatchObject({
    rows: 2,
    written: 0,
  });
  expect((await file('2025-07-01 00:00,28.4\n2025-07-01 01:00,28.1\n')).json()).toMatchObject({ rows: 2, written: 2 });
});
