import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';

/** The one data source of our dashboards; provisioning/datasources/ganzhi.yaml defines it. */
export const DATASOURCE = { type: 'grafana-postgresql-datasource', uid: 'ganzhi-pg' };

/** `table`: rows as they come. `time_series`: a column `time`, an optional text column for the series, and numbers. */
export type QueryFormat = 'table' | 'time_series';

/** The SDK has no query module for PostgreSQL; these are the fields that Grafana's own editor writes. */
export function query(sql: string, format: QueryFormat): Builder<Dataquery> {
  const target = {
    refId: 'A',
    datasource: DATASOURCE,
    editorMode: 'code',
    format,
    rawQuery: true,
    rawSql: sql.trim(),
  };
  return { build: () => ({ ...target, _implementsDataqueryVariant: () => undefined }) };
}
