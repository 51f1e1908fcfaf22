import { startApi } from '@ganzhi/api';
import { buildConsole } from '@ganzhi/dashboards/console-build';
import { DAY, HOUR } from '@ganzhi/schemas';
import { fixtureRegistry, testDatabase } from '@ganzhi/schemas/testing';
import pino from 'pino';
import { chromium } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { BROWSER } from './browser.ts';
import { temporaryFolder } from './system.ts';

const NOW = Date.now();

test('the page of alarms: a list, evidence with its plot, and what a person does about it', async () => {
  const folder = temporaryFolder();
  const database = await testDatabase();
  const owner = await database.open('ganzhi_owner');
  const { institutionId, meters } = await fixtureRegistry(owner);
  const plot = {
    ...{ fromMs: NOW - 2 * DAY, stepMs: 3 * HOUR, unit: 'm³/h' },
    ...{ found: [1, 1, null, 4, 4, 4], expected: [2, 2, 2, 2, 2, 2] },
  };
  await owner.query(
    `with made as (
       insert into alarm.alarm (kind, severity, unit_kind, unit, institution_id, division_code, meter_id, began_at, detected_at, seen_at,
         evidence, plot, estimated_amount, amount_unit, monthly_amount, monthly_cny)
       values ('leak', 'critical', 'meter', 'meter/1', $1, '320412', $2, $3, $4, $4, '{"nights": 3}', $5, 36, 'm³', 1080, 4320)
       returning id)
     insert into alarm.member (alarm_id, meter_id, institution_id) select id, $2, $1 from made`,
    [institutionId, meters.get('M-1'), new Date(NOW - DAY), new Date(NOW), JSON.stringify(plot)],
  );
  const [consoleDir, browser] = await Promise.all([
    buildConsole({ outDir: `${folder.path}/console` }),
    chromium.launch(BROWSER),
  ]);
  const api = await startApi({
    ...{ databaseUrl: database.url, host: '127.0.0.1', port: 0, mode: 'demo', consoleDir },
    logger: pino({ level: 'silent' }),
  });
  onTestFinished(async () => {
    await browser.close();
    await api.stop();
    await database.drop();
    folder.remove();
  });
  const page = await browser.newPage({ locale: 'zh-CN' });
  const problems: string[] = [];
  page.on('pageerror', (error: Error) => problems.push(error.message));
  await page.goto(`${api.url}/#/alarms`);
  await page.fill('[name=login]', 'admin');
  await page.fill('[name=password]', api.initialAdministrator?.password ?? '');
  await page.click('.login-form button[type=submit]');

  const row = page.locator('.alarms tbody tr', { hasText: '夜间漏水' });
  await row.waitFor();
  expect(await row.textContent()).toMatch(/紧急[\s\S]*待处理[\s\S]*1,080 m³, 4,320 元/);
  await row.getByRole('link').click();
  const card = page.locator('[data-alarm][data-state=open].card');
  await card.getByRole('img', { name: '夜间漏水：实测与预期' }).waitFor();
  // what is not known is a hole in the line: the pen is set down twice
  expect(((await card.locator('.alarm-found').getAttribute('d')) ?? '').match(/M/g)).toHaveLength(2);
  await card.getByRole('button', { name: '知悉' }).click();
  await page.locator('.card[data-state=acknowledged]').waitFor();
  await page.fill('.alarm-actions [name=note]', '更换阀门');
  await page.getByRole('button', { name: '报告已处理' }).click();
  const done = page.locator('.card[data-state=resolved]');
  await done.waitFor();
  expect(await done.locator('.alarm-history').textContent()).toContain('更换阀门');
  await page.getByText('English', { exact: true }).click();
  await page.locator('.alarms tbody tr', { hasText: 'Said to be done' }).waitFor();
  expect(problems).toEqual([]);
});
