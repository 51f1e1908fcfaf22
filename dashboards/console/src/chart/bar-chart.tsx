import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useWords } from '../i18n/words.tsx';
import { ChartTable } from './chart-table.tsx';
import { barSeries, type Column, isEmpty } from './columns.ts';
import { Legend } from './legend.tsx';
import { plotOptions } from './plot-options.ts';
import { readTheme } from './theme.ts';
import { Tooltip } from './tooltip.tsx';

export interface BarChartProps {
  /** What the chart shows, for those who do not see it. */
  label: string;
  unit: string;
  columns: readonly Column[];
  /** Compared values at the same places, drawn as a line. */
  line?: readonly (number | null)[];
  /** Name of a column in the tooltip and the table, `14:00–15:00`. */
  periodText: (column: Column) => string;
  tickText: (column: Column) => string;
  /** Distance of axis labels, in columns, where there is room. */
  tickEvery: number;
  height: number;
}

/** Consumption as columns: complete solid, known in part faint, gaps hatched; an optional line to compare with. */
export function BarChart(props: BarChartProps) {
  const { t, format } = useWords();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [hover, setHover] = useState<{ index: number; x: number } | null>(null);
  // The plot outlives many renders; it reads the newest props from here.
  const current = useRef({ props, t, format });
  current.current = { props, t, format };

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const make = (): void => {
      plot.current?.destroy();
      const size = { width: element.clientWidth, height: props.height };
      const latest = () => current.current;
      const options = plotOptions(size, readTheme(element), {
        columns: () => latest().props.columns,
        // An empty chart says so once, in words over the whole of it.
        gapWord: () => (isEmpty(latest().props.columns) ? '' : latest().t.chart.gap),
        tickLabel: (index) => {
          const column = latest().props.columns[index];
          return column ? latest().props.tickText(column) : '';
        },
        ticks: (width) => ticksFor(latest().props.columns.length, latest().props.tickEvery, width),
        numberText: (value) => (isEmpty(latest().props.columns) ? '' : latest().format.axis(value)),
        onHover: (index) => setHover(index === null ? null : { index, x: plot.current?.cursor.left ?? 0 }),
      });
      plot.current = new uPlot(options, dataOf(latest().props), element);
    };
    make();
    const resized = new ResizeObserver(() => {
      if (plot.current && plot.current.width !== element.clientWidth) {
        plot.current.setSize({ width: element.clientWidth, height: props.height });
      }
    });
    resized.observe(element);
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', make);
    return () => {
      dark.removeEventListener('change', make);
      resized.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [props.height]);

  // A change of language must redraw the labels too.
  useEffect(() => {
    plot.current?.setData(dataOf(current.current.props));
  }, [props.columns, props.line, t]);

  const hovered = hover === null ? undefined : props.columns[hover.index];
  return (
    <figure class="chart" aria-label={props.label}>
      <div class="chart-stage">
        <div ref={host} class="chart-host" />
        {isEmpty(props.columns) && <p class="chart-empty">{t.chart.noData}</p>}
        {hover && hovered && (
          <Tooltip
            column={hovered}
            compared={props.line?.[hover.index]}
            unit={props.unit}
            period={props.periodText(hovered)}
            x={hover.x + (plot.current ? plot.current.bbox.left / devicePixelRatio : 0)}
            width={host.current?.clientWidth ?? 0}
          />
        )}
      </div>
      <Legend columns={props.columns} compared={props.line !== undefined} />
      <ChartTable columns={props.columns} line={props.line} unit={props.unit} periodText={props.periodText} />
    </figure>
  );
}

function dataOf(props: BarChartProps): uPlot.AlignedData {
  const { solid, faint } = barSeries(props.columns);
  const line = props.line ?? props.columns.map(() => null);
  return [props.columns.map((_, i) => i), solid, faint, [...line]];
}

/** Every n-th column, n grown until each label has about 44 px. */
function ticksFor(columns: number, every: number, widthPx: number): number[] {
  let step = every;
  while (columns > 0 && (widthPx / columns) * step < 44) step += every;
  return Array.from({ length: Math.ceil(columns / step) }, (_, i) => i * step);
}
