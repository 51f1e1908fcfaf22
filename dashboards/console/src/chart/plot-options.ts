import uPlot from 'uplot';
import type { Column } from './columns.ts';
import { drawGaps, drawUndistributed, drawZeros } from './draw-gaps.ts';
import type { ChartTheme } from './theme.ts';

/** What the plot asks for each time it draws, so that new data need no new plot. */
export interface PlotModel {
  columns(): readonly Column[];
  gapWord(): string;
  tickLabel(index: number): string;
  /** Indexes that get a label, for the width at hand. */
  ticks(widthPx: number): number[];
  numberText(value: number): string;
  onHover(index: number | null): void;
}

/** uPlot's options: columns stand at whole numbers, so that the axis knows no zone but the label's. */
export function plotOptions(
  size: { width: number; height: number },
  theme: ChartTheme,
  model: PlotModel,
): uPlot.Options {
  const bars = uPlot.paths.bars?.({ size: [0.74, 34], radius: [0.18, 0] });
  const line = uPlot.paths.spline?.();
  const axis = { font: theme.font, stroke: theme.text, ticks: { show: false } };
  return {
    ...size,
    legend: { show: false },
    padding: [8, 6, 0, 0],
    cursor: { y: false, points: { show: false }, drag: { setScale: false, x: false, y: false } },
    scales: {
      x: { time: false, range: () => [-0.5, Math.max(model.columns().length, 1) - 0.5] },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        gap: 6,
        grid: { show: false },
        splits: (plot) => model.ticks(plot.bbox.width / devicePixelRatio),
        values: (_, splits) => splits.map((index) => model.tickLabel(index)),
      },
      {
        ...axis,
        size: (_, values) => 14 + 7 * Math.max(3, ...(values ?? []).map((text) => text.length)),
        gap: 6,
        space: 34,
        grid: { stroke: theme.grid, width: 1 },
        values: (_, splits) => splits.map((value) => model.numberText(value)),
      },
    ],
    series: [
      {},
      { ...pathsOf(bars), fill: theme.solid, stroke: theme.solid, width: 0, points: { show: false } },
      { ...pathsOf(bars), fill: theme.faint, stroke: theme.faintStroke, width: 1, points: { show: false } },
      { ...pathsOf(line), stroke: theme.line, width: 1.75, points: { show: false }, spanGaps: false },
    ],
    hooks: {
      drawClear: [(plot) => drawGaps(plot, model.columns(), theme, model.gapWord())],
      draw: [
        (plot) => drawUndistributed(plot, model.columns(), theme),
        (plot) => drawZeros(plot, model.columns(), theme),
      ],
      setCursor: [(plot) => model.onHover(plot.cursor.idx ?? null)],
    },
  };
}

const pathsOf = (paths: uPlot.Series.PathBuilder | undefined): { paths?: uPlot.Series.PathBuilder } =>
  paths ? { paths } : {};
