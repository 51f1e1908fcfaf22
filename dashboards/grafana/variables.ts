import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { DATASOURCE } from './query.ts';
import { type Locale, named, type Text } from './text.ts';

const ALL: Text = { zh: '全部', en: 'All' };

/** Districts that have institutions; several may be chosen. Its value is the division's code. */
export function divisionVariable(locale: Locale): dashboard.QueryVariableBuilder {
  const sql = `select distinct ${named('division', locale)} as __text, division_code as __value
from dash.institution order by 2`;
  return choice('division', { zh: '区划', en: 'Division' }, sql, locale)
    .multi(true)
    .includeAll(true)
    .current({ text: ALL[locale], value: '$__all', selected: true });
}

/** One institution of the chosen districts. Its value is the institution's code. */
export function institutionVariable(locale: Locale): dashboard.QueryVariableBuilder {
  const sql = `select ${named('name', locale)} as __text, code as __value
from dash.institution
where division_code = any(array[\${division:sqlstring}]::text[])
order by metered desc, 1`;
  return choice('institution', { zh: '机构', en: 'Institution' }, sql, locale);
}

function choice(name: string, label: Text, sql: string, locale: Locale): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .label(label[locale])
    .datasource(DATASOURCE)
    .query(sql)
    .definition(sql)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.Disabled);
}
