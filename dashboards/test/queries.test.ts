import { DAY } from '@ganzhi/schemas';
import { READER_LOGIN, setLoginPasswords } from '@ganzhi/schemas/db';
import { testDatabase } from '@ganzhi/schemas/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fillCity, HOURS, TIANNING, WUJIN } from './city-fixture.ts';
import { committedDashboards, type Panel } from './dashboard-json.ts';
import { expandMacros } from './macros.ts';

/** Every committed query, run as the log-in that Grafana uses. No other test may change that log-in: it is cluster-wide. */
const database = await testDatabase();
const reader = new pg.Client(await readerAddress());

async function readerAddress(): Promise<string> {
  await setLoginPasswords(database.url, { GANZHI_GRAFANA_PASSWORD: "a pass'word of tests" });
  const url = new URL(database.url);
  url.username = READER_LOGIN;
  url.password = encodeURIComponent("a pass'word of tests");
  return url.href;
}

beforeAll(async () => {
  await fillCity(await database.open('ganzhi_owner'));
  await reader.connect();
});
afterAll(async () => {
  await reader.end();
  await database.drop();
});

const view = {
  from: Date.now() - 7 * DAY,
  to: Date.now(),
  variables: { division: [WUJIN.division, TIANNING.division], institution: [WUJIN.code] },
};
const run = (sql: string, variables = view.variables) => reader.query(expandMacros(sql, { ...view, variables }));

const dashboards = committedDashboards();
const zh = (uid: string): Panel[] => dashboards.find(({ dashboard }) => dashboard.uid === uid)?.dashboard.panels ?? [];
const sqlOf = (uid: string, title: string): string =>
  zh(uid).find((panel) => panel.title === title)?.targets[0]?.rawSql ?? '';

describe.each(dashboards)('$path', ({ dashboard }) => {
  test.each(dashboard.panels)(
    '$title: its query runs and fills the columns it names',
    async ({ targets, fieldConfig }) => {
      for (const { rawSql, format } of targets) {
        const { rows, fields } = await run(rawSql);
        expect(rows.length).toBeGreaterThan(0);
        const names = fields.map((field) => field.name);
        const described = fieldConfig.overrides.map((override) => override.matcher.options);
        if (format === 'time_series') {
          expect(names[0]).toBe('time');
          expect(fields[0]?.dataTypeID).toBe(pg.types.builtins.TIMESTAMPTZ);
          expect(names).toEqual(expect.arrayContaining(described));
        } else {
          expect(described.sort()).toEqual(names.sort());
        }
        // Grafana would take a numeric for text.
        expect(fields.filter((field) => field.dataTypeID === pg.types.builtins.NUMERIC)).toEqual([]);
      }
    },
  );

  test.each(dashboard.panels)('$title: nothing chosen is no error', async ({ targets }) => {
    for (const { rawSql } of targets) await run(rawSql, { division: [], institution: [''] });
  });

  test.each(dashboard.templating.list)('variable $name offers values', async ({ query }) => {
    const { rows } = await run(query);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({ __text: expect.any(String), __value: expect.any(String) });
  });
});

test('the same hours of two equal days are equal, and the export counter is not added', async () => {
  const { rows } = await run(sqlOf('ganzhi-city', '今日用电'));
  expect(rows[0].today).toBe(rows[0].yesterday);
  const hours = await run(sqlOf('ganzhi-institution', '逐时用电'));
  expect(hours.rows).toHaveLength(HOURS);
  expect(new Set(hours.rows.map((row) => row.consumption))).toEqual(new Set([1]));
});

test('sub meters are shown, but not added', async () => {
  const { rows } = await run(sqlOf('ganzhi-city', '当前功率'));
  expect(rows[0]).toMatchObject({ power_kw: 25, reporting: '2', coverage: 1 });
  const byMeter = await run(sqlOf('ganzhi-institution', '各表逐时用电'));
  expect(byMeter.rows).toHaveLength(2 * HOURS);
});

test('coverage counts an institution without data as uncovered', async () => {
  const sql = sqlOf('ganzhi-city', '24 小时覆盖率');
  expect((await run(sql)).rows[0]).toMatchObject({ coverage: 1, metered: '2' });
  const owner = await database.open('ganzhi_owner');
  await owner.query(`delete from ledger.hour where meter_id = (select id from registry.meter where code = 'M-3')`);
  expect((await run(sql)).rows[0]).toMatchObject({ coverage: 0.5, metered: '2' });
});

test('the quota counts days and the spans over midnight that lie inside the year', async () => {
  const sql = sqlOf('ganzhi-institution', '本年定额');
  const before = (await run(sql)).rows[0];
  const owner = await database.open('ganzhi_owner');
  await owner.query(
    `insert into ledger.span (meter_id, point, from_ts, to_ts, class, counts, ratio, evidence)
     select id, 1, now() - interval '30 hours', now(), 'undistributed', 500, 2, '{}' from registry.meter where code = 'M-1'`,
  );
  const after = (await run(sql)).rows[0];
  const spansNewYear =
    new Date(Date.now() + 8 * 3_600_000).getUTCFullYear() !== new Date(Date.now() - 22 * 3_600_000).getUTCFullYear();
  expect(after.consumption - before.consumption).toBe(spansNewYear ? 0 : 10);
  expect(after.share_used).toBeCloseTo(after.consumption / 1000, 12);
});

test('a quota of an institution without any data is unknown, not zero', async () => {
  const owner = await database.open('ganzhi_owner');
  await owner.query(`delete from ledger.day where meter_id in (select id from registry.meter where code = 'M-3')`);
  const { rows } = await run(sqlOf('ganzhi-institution', '本年定额'), { division: [], institution: [TIANNING.code] });
  expect(rows[0]).toMatchObject({ consumption: null, share_used: null, coverage: 0 });
});
