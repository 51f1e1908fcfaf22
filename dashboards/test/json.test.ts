import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { dashboardFiles } from '../grafana/index.ts';
import { committedDashboards } from './dashboard-json.ts';
import { expandMacros } from './macros.ts';

const GRAFANA = fileURLToPath(new URL('../grafana/', import.meta.url));
const SOURCE = { type: 'grafana-postgresql-datasource', uid: 'ganzhi-pg' };
const committed = committedDashboards();

test('the committed JSON is what the code makes', () => {
  for (const { path, text } of dashboardFiles()) {
    expect(readFileSync(`${GRAFANA}json/${path}`, 'utf8'), `${path}: run "npm run generate"`).toBe(text);
  }
  expect(committed.map(({ path }) => path)).toEqual(
    dashboardFiles()
      .map(({ path }) => path)
      .sort(),
  );
});

test('each language has the same dashboards, with addresses of their own', () => {
  const uids = committed.map(({ dashboard }) => dashboard.uid);
  expect(uids.sort()).toEqual(['ganzhi-city', 'ganzhi-city-en', 'ganzhi-institution', 'ganzhi-institution-en']);
});

describe.each(committed)('$path', ({ path, dashboard }) => {
  test('says who it is, in Shanghai time, and cannot be edited in the browser', () => {
    expect(dashboard).toMatchObject({ timezone: 'Asia/Shanghai', editable: false });
    expect(dashboard.uid).toMatch(/^ganzhi-[a-z-]+$/);
    expect(dashboard.title.length * dashboard.description.length).toBeGreaterThan(0);
    expect(dashboard.tags).toContain('ganzhi');
  });

  test('leads to the other dashboard and the other language, keeping time and choice', () => {
    const uids = committed.map((other) => `/d/${other.dashboard.uid}`);
    expect(dashboard.links).toHaveLength(2);
    for (const link of dashboard.links) {
      expect(uids).toContain(link.url);
      expect(link).toMatchObject({ includeVars: true, keepTime: true });
    }
  });

  test('has its variables, each from our data source', () => {
    const names = dashboard.templating.list.map((variable) => variable.name);
    expect(names).toEqual(dashboard.uid.includes('city') ? ['division'] : ['division', 'institution']);
    for (const variable of dashboard.templating.list) expect(variable.datasource).toEqual(SOURCE);
  });

  test('every panel has a title, a description, our data source and units', () => {
    for (const panel of dashboard.panels) {
      expect(panel.title, path).not.toBe('');
      expect(panel.description, panel.title).not.toBe('');
      expect([panel.datasource, ...panel.targets.map((target) => target.datasource)]).toEqual([SOURCE, SOURCE]);
      const named = panel.fieldConfig.overrides.map((override) => override.properties.some(({ id }) => id === 'unit'));
      expect(named.every(Boolean), panel.title).toBe(true);
      expect(named.length > 0 || panel.fieldConfig.defaults.unit !== undefined, panel.title).toBe(true);
    }
  });

  test('panels have numbers of their own and do not lie on each other', () => {
    expect(new Set(dashboard.panels.map((panel) => panel.id)).size).toBe(dashboard.panels.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(dashboard.panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  test('every query reads views of dash only', () => {
    const queries = [
      ...dashboard.panels.flatMap((panel) => panel.targets.map((target) => target.rawSql)),
      ...dashboard.templating.list.map((variable) => variable.query),
    ];
    for (const sql of queries) {
      const read = [...sql.matchAll(/\b(?:from|join)\s+([a-z_]+\.[a-z_]+)/gi)].map(([, name]) => name);
      expect(read.length).toBeGreaterThan(0);
      expect(read.filter((name) => !name?.startsWith('dash.'))).toEqual([]);
    }
  });

  test('Chinese is Chinese, English is English', () => {
    const shown = dashboard.panels.flatMap((panel) => [panel.title, panel.description]).join('');
    expect(/[\u4e00-\u9fff]/.test(shown)).toBe(path.startsWith('zh/'));
  });
});

test('provisioning names the same data source and the folders of the JSON', () => {
  const sources = parse(readFileSync(`${GRAFANA}provisioning/datasources/ganzhi.yaml`, 'utf8'));
  expect(sources.datasources).toHaveLength(1);
  expect(sources.datasources[0]).toMatchObject({ ...SOURCE, user: 'ganzhi_grafana', editable: false });
  expect(sources.datasources[0].secureJsonData.password).toMatch(/^\$__file\{/);
  const { providers } = parse(readFileSync(`${GRAFANA}provisioning/dashboards/ganzhi.yaml`, 'utf8'));
  expect(providers.map((provider: { options: { path: string } }) => provider.options.path)).toEqual([
    '/var/lib/ganzhi/dashboards/zh',
    '/var/lib/ganzhi/dashboards/en',
  ]);
});

describe('the macro expander', () => {
  const view = {
    from: Date.UTC(2026, 10, 1),
    to: Date.UTC(2026, 10, 2),
    variables: { division: ["a'b", 'c'], none: [] },
  };

  const chosen = (name: string) => `\${${name}:sqlstring}`;

  test('writes times and choices as Grafana does', () => {
    expect(expandMacros(`x where $__timeFilter(h.hour) and d in (${chosen('division')})`, view)).toBe(
      "x where h.hour BETWEEN '2026-11-01T00:00:00.000Z' AND '2026-11-02T00:00:00.000Z' and d in ('a''b','c')",
    );
    expect(expandMacros(`array[${chosen('none')}]::text[]`, view)).toBe('array[]::text[]');
  });

  test.each(['$__timeGroup(a, 1h)', `\${division}`, chosen('other'), '$division', '$__timeFilter(f(x))'])(
    'refuses %s',
    (sql) => {
      expect(() => expandMacros(sql, view)).toThrow(/unknown/);
    },
  );
});
