import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** The committed dashboards as Grafana will read them: only what the tests look at. */
const DataSource = z.object({ type: z.string(), uid: z.string() });
const Property = z.object({ id: z.string(), value: z.unknown() });

const Panel = z.object({
  id: z.int(),
  type: z.string(),
  title: z.string(),
  description: z.string(),
  datasource: DataSource,
  gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
  targets: z
    .array(z.object({ refId: z.string(), datasource: DataSource, format: z.string(), rawSql: z.string() }))
    .min(1),
  fieldConfig: z.object({
    defaults: z.looseObject({ unit: z.string().optional() }),
    overrides: z.array(
      z.object({ matcher: z.object({ id: z.literal('byName'), options: z.string() }), properties: z.array(Property) }),
    ),
  }),
});
export type Panel = z.infer<typeof Panel>;

const Variable = z.object({
  type: z.literal('query'),
  name: z.string(),
  label: z.string(),
  datasource: DataSource,
  query: z.string(),
  refresh: z.literal(2),
});

export const Dashboard = z.object({
  uid: z.string(),
  title: z.string(),
  description: z.string(),
  schemaVersion: z.literal(42),
  timezone: z.string(),
  editable: z.boolean(),
  tags: z.array(z.string()),
  links: z.array(
    z.object({ type: z.literal('link'), url: z.string(), includeVars: z.boolean(), keepTime: z.boolean() }),
  ),
  templating: z.object({ list: z.array(Variable) }),
  panels: z.array(Panel).min(1),
});
export type Dashboard = z.infer<typeof Dashboard>;

const FOLDER = fileURLToPath(new URL('../grafana/json/', import.meta.url));

/** All committed dashboards with their path below `json/`. */
export const committedDashboards = (): { path: string; dashboard: Dashboard }[] =>
  readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .sort()
    .map((path) => ({ path, dashboard: Dashboard.parse(JSON.parse(readFileSync(join(FOLDER, path), 'utf8'))) }));
