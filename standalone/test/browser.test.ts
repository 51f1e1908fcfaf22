import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BROWSER } from './browser.ts';
import { eventually, System, temporaryFolder } from './system.ts';

const SITES = 4;
const folder = temporaryFolder();
const system = await System.create(folder.path, ['--sites', String(SITES), '--history-days', '2']);
const problems: string[] = [];
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  [browser] = await Promise.all([chromium.launch(BROWSER), system.start()]);
  context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'zh-CN' });
  page = await newPage();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await system.stop();
  folder.remove();
});

/** A page whose every fault counts: script errors, blocked content, requests to another host. */
async function newPage(): Promise<Page> {
  const made = await context.newPage();
  made.on('pageerror', (error) => problems.push(`script: ${error.message}`));
  made.on('console', (message) => {
    // The page asks whether a session is there before it shows the log-in.
    if (message.type() === 'error' && !message.text().includes('401')) problems.push(`console: ${message.text()}`);
  });
  made.on('request', (request) => {
    if (!request.url().startsWith(system.url)) problems.push(`foreign request: ${request.url()}`);
  });
  return made;
}

const figures = (of: Page): Promise<string[]> => of.locator('.tiles .tile-value').allInnerTexts();

test('a wrong password is refused in words, the printed one opens the city', async () => {
  await page.goto(system.url);
  await page.fill('[name=login]', 'admin');
  await page.fill('[name=password]', 'not the password');
  await page.click('.login-form button[type=submit]');
  await page.locator('.login-form [role=alert]', { hasText: '密码' }).waitFor();
  await page.fill('[name=password]', system.password);
  await page.click('.login-form button[type=submit]');
  await page.locator('.tiles .tile-value').first().waitFor();
  expect(await page.locator('html').getAttribute('lang')).toMatch(/^zh/);
});

test('the figures move without a reload', { timeout: 150_000 }, async () => {
  await page.locator('.institutions tbody tr').first().waitFor();
  const before = (await figures(page)).join();
  await eventually(async () => (await figures(page)).join() !== before);
  expect(await page.evaluate<number>("performance.getEntriesByType('navigation').length")).toBe(1);
});

test('one institution: a day and a month are drawn, its meters have an age', async () => {
  await page.fill('[type=search]', '常州');
  await page.locator('.institutions tbody tr a').first().click();
  await page.locator('.chart-host canvas').nth(1).waitFor();
  expect(await page.locator('.meters tbody tr').count()).toBeGreaterThanOrEqual(4);
  expect(await page.locator('.meters tbody tr').first().textContent()).toMatch(/前/);
  // Thirty days are asked for, two are known: the others are gaps in words too, never zero.
  const month = page.locator('.chart-table').nth(1);
  await month.locator('summary').click();
  const rows = await month.locator('tbody tr').allInnerTexts();
  expect(rows.filter((row) => row.includes('缺测')).length).toBeGreaterThanOrEqual(25);
});

test('a file of the registry: errors by cell, then a preview, written and taken back', async () => {
  const institution = (
    (await page.request.get(`${system.url}/api/v1/institutions?limit=1`)).json() as Promise<{
      items: { code: string }[];
    }>
  ).then(({ items }) => items[0]?.code);
  const send = async (name: string, row: string) => {
    const buffer = Buffer.from(`机构编码,建筑编码,名称,英文名称\n${row}\n`);
    await page.setInputFiles('.import-file', { name, mimeType: 'text/csv', buffer });
  };
  await page.goto(`${system.url}/#/imports`);
  await page.selectOption('.import-tools select', 'buildings');
  await send('错误.csv', 'CZ-NOWHERE,A,楼,Tower');
  const fault = page.locator('.import-errors tbody tr', { hasText: 'CZ-NOWHERE' });
  await fault.waitFor();
  expect(await fault.textContent()).toMatch(/A2[\s\S]*没有机构 CZ-NOWHERE/);

  await send('建筑.csv', `${await institution},A,甲楼,Tower`);
  await page.locator('[data-state=ready] h2', { hasText: '建筑.csv' }).waitFor();
  await page.locator('[data-state=ready] .filters button', { hasText: '新增' }).click();
  await page.locator('.import-changes tbody tr', { hasText: '甲楼' }).waitFor();
  await page.getByRole('button', { name: '提交全部' }).click();
  await page.locator('[data-state=committed]').waitFor();
  await page.getByRole('button', { name: '撤销此次导入' }).click();
  await page.locator('[data-state=undone]').waitFor();
});

test('the fleet is listed, and English is a switch', async () => {
  await page.goto(`${system.url}/#/gateways`);
  await page
    .locator('.gateways tbody tr')
    .nth(SITES - 1)
    .waitFor();
  expect(await page.locator('.gateways tbody tr').count()).toBe(SITES);
  // whoever manages the fleet sees what waits for him
  await page.locator('.enrolments h2', { hasText: '待批准的网关' }).waitFor();
  await page.locator('.rollouts', { hasText: '没有升级批次' }).waitFor();
  await page.getByText('English', { exact: true }).click();
  await page.locator('.enrolments', { hasText: 'No gateway waits for approval' }).waitFor();
  await page.getByText('Online', { exact: false }).first().waitFor();
  expect(await page.locator('html').getAttribute('lang')).toMatch(/^en/);
  expect(await page.locator('body').textContent()).not.toMatch(/采集网关|全市概览/);
});

test('a phone sees the city without sideways scrolling', async () => {
  const phone = await newPage();
  await phone.setViewportSize({ width: 375, height: 800 });
  await phone.goto(system.url);
  await phone.locator('.tiles .tile-value').first().waitFor();
  expect(await phone.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375);
  await phone.close();
});

test('the documentation page works offline too', async () => {
  await page.goto(`${system.url}/docs`);
  // the page draws what is in sight only: the first group
  await page.locator('[data-path="/api/v1/sessions/current"]').first().waitFor();
});

test('nothing went wrong in the browser: no script error, no blocked content, no foreign host', () => {
  expect(problems).toEqual([]);
});
