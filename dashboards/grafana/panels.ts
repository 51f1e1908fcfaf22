import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { DATASOURCE, query } from './query.ts';
import type { Locale, Text } from './text.ts';

/** Grafana's names of the units we show. */
export const UNIT = {
  power: 'kwatt',
  energy: 'kwatth',
  intensity: 'suffix: kWh/m²',
  share: 'percentunit',
  count: 'none',
  seconds: 's',
  time: 'dateTimeAsLocal',
  text: 'string',
} as const;
export type Unit = keyof typeof UNIT;

/** One column of a query's result: how it is called on the screen, and its unit. */
export interface Column {
  title: Text;
  unit: Unit;
  /** Red below the first, green from the second; orange between. */
  limits?: readonly [number, number];
  /** Red from here. */
  redFrom?: number;
  /** What stands in the cell instead of a code. */
  values?: Readonly<Record<string, Text & { color?: string }>>;
  /** Colour of the series in a chart. */
  color?: string;
  /** Address to open on a click. */
  link?: string;
  hidden?: boolean;
}

export interface PanelSpec {
  title: Text;
  /** What the figure means and what it leaves out. */
  about: Text;
  sql: string;
  columns: Readonly<Record<string, Column>>;
  width: number;
  height: number;
}

const HOUR_MS = 3_600_000;

/** Figures side by side, one per column of a single row. */
export function figures(spec: PanelSpec, locale: Locale): stat.PanelBuilder {
  return dressed(new stat.PanelBuilder(), spec, locale)
    .withTarget(query(spec.sql, 'table'))
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .graphMode(common.BigValueGraphMode.None)
    .textMode(common.BigValueTextMode.ValueAndName);
}

/** Bars over time; hours without a row stay empty, a gap is not a zero. */
export function bars(spec: PanelSpec & { unit: Unit; stacked?: boolean }, locale: Locale): timeseries.PanelBuilder {
  return series(spec, locale)
    .drawStyle(common.GraphDrawStyle.Bars)
    .fillOpacity(80)
    .lineWidth(0)
    .stacking(
      new common.StackingConfigBuilder().mode(spec.stacked ? common.StackingMode.Normal : common.StackingMode.None),
    );
}

/** Lines over time, broken where an hour is missing. */
export function lines(spec: PanelSpec & { unit: Unit; max?: number }, locale: Locale): timeseries.PanelBuilder {
  const panel = series(spec, locale).spanNulls(false).insertNulls(HOUR_MS).lineWidth(2);
  return spec.max === undefined ? panel : panel.max(spec.max);
}

function series(spec: PanelSpec & { unit: Unit }, locale: Locale): timeseries.PanelBuilder {
  return dressed(new timeseries.PanelBuilder(), spec, locale)
    .withTarget(query(spec.sql, 'time_series'))
    .unit(UNIT[spec.unit])
    .min(0)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi));
}

export function rows(spec: PanelSpec, locale: Locale): table.PanelBuilder {
  return dressed(new table.PanelBuilder(), spec, locale).withTarget(query(spec.sql, 'table')).filterable(true);
}

type AnyPanel = stat.PanelBuilder | table.PanelBuilder | timeseries.PanelBuilder;

function dressed<P extends AnyPanel>(panel: P, spec: PanelSpec, locale: Locale): P {
  panel
    .title(spec.title[locale])
    .description(spec.about[locale])
    .datasource(DATASOURCE)
    .span(spec.width)
    .height(spec.height)
    .noValue('—');
  const special =
    panel instanceof timeseries.PanelBuilder ? chartOnly : panel instanceof table.PanelBuilder ? tableOnly : figureOnly;
  for (const [name, column] of Object.entries(spec.columns)) {
    panel.overrideByName(name, [
      { id: 'displayName', value: column.title[locale] },
      { id: 'unit', value: UNIT[column.unit] },
      ...special(column, locale),
    ]);
  }
  return panel;
}

const chartOnly = ({ color }: Column): dashboard.DynamicConfigValue[] =>
  color ? [{ id: 'color', value: { mode: 'fixed', fixedColor: color } }] : [];

/** A figure without limits keeps the colour of text: green would say "good". */
function figureOnly({ limits, redFrom }: Column): dashboard.DynamicConfigValue[] {
  const steps = limits
    ? [step('red', null), step('orange', limits[0]), step('green', limits[1])]
    : redFrom === undefined
      ? [step('text', null)]
      : [step('green', null), step('red', redFrom)];
  return [
    { id: 'thresholds', value: { mode: dashboard.ThresholdsMode.Absolute, steps } },
    { id: 'color', value: { mode: 'thresholds' } },
  ];
}

function tableOnly(column: Column, locale: Locale): dashboard.DynamicConfigValue[] {
  const { title, limits, redFrom, values, link, hidden } = column;
  return [
    ...(limits || redFrom !== undefined ? [...figureOnly(column), COLOURED] : []),
    ...(values ? [mappings(values, locale), COLOURED] : []),
    ...(link ? [{ id: 'links', value: [{ title: title[locale], url: link, targetBlank: false }] }] : []),
    ...(hidden ? [{ id: 'custom.hidden', value: true }] : []),
  ];
}

const COLOURED = { id: 'custom.cellOptions', value: { type: common.TableCellDisplayMode.ColorText } };

const mappings = (values: NonNullable<Column['values']>, locale: Locale): dashboard.DynamicConfigValue => ({
  id: 'mappings',
  value: [
    {
      type: dashboard.MappingType.ValueToText,
      options: Object.fromEntries(
        Object.entries(values).map(([code, text], index) => [
          code,
          { text: text[locale], index, ...(text.color ? { color: text.color } : {}) },
        ]),
      ),
    },
  ],
});

const step = (color: string, value: number | null) => ({ color, value });
