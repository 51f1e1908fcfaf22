import { DAY, HOUR } from '@ganzhi/schemas';
import {
  BLOCK_MS,
  blockStart,
  cut,
  type DetectMeter,
  type Grid,
  hourOfBlock,
  median,
  NIGHT_HOUR,
  quantile,
  type Series,
} from './blocks.ts';
import { atMeter, type Finding, rounded } from './finding.ts';

export interface LeakThresholds {
  /** Consecutive nights. */
  readonly nights: number;
  /** Least night flow of the mean flow: 0.10 for an office, more where people sleep or work at night. */
  readonly share: number;
  /** The night flow must have risen by this share of the mean flow over what nights of this meter usually show. */
  readonly rise: number;
}

/** Loss in 30 days at a constant night flow (domain handbook §4, TV-26). @param perHour m³/h @returns m³ */
export const lossPerMonth = (perHour: number): number => perHour * 24 * 30;

/**
 * Night leak (domain handbook §4): from 2 to 5 o'clock even the lowest hour flows, more than a share of the mean, in so many nights
 * in a row; and it has risen, so that a house that never sleeps is not one.
 *
 * The leak begins in the block after which all flow is higher, at most a day before its first night; it ends before the first
 * night without it.
 *
 * @param series water, m³/h
 */
export function nightLeaks(meter: DetectMeter, series: Series, grid: Grid, thresholds: LeakThresholds): Finding[] {
  const nights = Array.from({ length: grid.count }, (_, block) => block).filter(
    (block) => hourOfBlock(grid, block) === NIGHT_HOUR && !Number.isNaN(series.low[block] ?? Number.NaN),
  );
  if (nights.length < thresholds.nights) return [];
  const flows = nights.map((block) => series.low[block] ?? 0);
  // The lower quarter of all nights: a leak for half of the time does not become usual.
  const usual = quantile(flows, 0.25);
  const mean = median(dayMeans(series.rate));
  if (!(mean > 0)) return [];
  const limit = Math.max(thresholds.share * mean, usual + thresholds.rise * mean);
  const found: Finding[] = [];
  let run: number[] = [];
  const close = (next: number | undefined) => {
    if (run.length >= thresholds.nights) found.push(leakOf(meter, series, grid, { run, next, usual, mean, limit }));
    run = [];
  };
  nights.forEach((block, i) => {
    const isLeaking = (flows[i] ?? 0) > limit && (flows[i] ?? 0) >= meter.step;
    if (isLeaking && run.length > 0 && block - (run.at(-1) ?? 0) > (3 * DAY) / BLOCK_MS) close(undefined);
    if (isLeaking) run.push(block);
    else close(block);
  });
  close(undefined);
  return found;
}

interface Run {
  readonly run: readonly number[];
  /** First night without it; undefined while it lasts. */
  readonly next: number | undefined;
  readonly usual: number;
  readonly mean: number;
  readonly limit: number;
}

function leakOf(meter: DetectMeter, series: Series, grid: Grid, { run, next, usual, mean, limit }: Run): Finding {
  const first = run[0] ?? 0;
  const last = run.at(-1) ?? first;
  const perHour = median(run.map((block) => series.low[block] ?? 0)) - usual;
  const isAbove = (block: number) => (series.low[block] ?? Number.NaN) >= perHour * 0.9;
  let from = first;
  while (from > 0 && first - from < DAY / BLOCK_MS && isAbove(from - 1)) from -= 1;
  let to = last + 1;
  while (to < (next ?? grid.count) && isAbove(to)) to += 1;
  const fromMs = blockStart(grid, from);
  const toMs = next === undefined ? undefined : blockStart(grid, to);
  const hours = ((toMs ?? blockStart(grid, grid.count)) - fromMs) / HOUR;
  const [plotFrom, plotTo] = [Math.max(0, from - 56), Math.min(grid.count, to + 24)];
  return atMeter(meter.id, {
    kind: 'leak',
    fromMs,
    toMs,
    evidence: {
      nights: run.length,
      nightFlowPerHour: rounded(perHour + usual),
      usualNightFlowPerHour: rounded(usual),
      meanFlowPerHour: rounded(mean),
      limitPerHour: rounded(limit),
      unit: `${meter.unit}/h`,
    },
    plot: {
      fromMs: blockStart(grid, plotFrom),
      stepMs: BLOCK_MS,
      unit: `${meter.unit}/h`,
      found: cut(series.low, plotFrom, plotTo),
      expected: Array.from({ length: plotTo - plotFrom }, () => Number(limit.toPrecision(5))),
    },
    extra: { amount: rounded(perHour * hours, 2), perMonth: rounded(lossPerMonth(perHour), 2) },
  });
}

function dayMeans(rate: Float64Array): number[] {
  const means: number[] = [];
  for (let from = 0; from < rate.length; from += DAY / BLOCK_MS) {
    const known = rate.subarray(from, from + DAY / BLOCK_MS).filter((value) => !Number.isNaN(value));
    if (known.length > 0) means.push(known.reduce((sum, value) => sum + value, 0) / known.length);
  }
  return means;
}
