import { BLOCK_MS, type DetectMeter, type Grid, hourOfBlock, type Series } from './blocks.ts';
import { type Departure, departures, extraOf, plotOf, timesOf } from './departures.ts';
import type { Expected } from './expect.ts';
import { atMeter, type Finding, rounded } from './finding.ts';

export interface LeftOnThresholds {
  /** Rise over what is expected while nobody is there. */
  readonly rise: number;
  readonly hours: number;
}

/** Working hours and a little more: blocks that begin at 8, 11, 14 and 17 o'clock of a working day. */
const isInUse = (grid: Grid, working: readonly boolean[], block: number): boolean =>
  (working[block] ?? false) && hourOfBlock(grid, block) >= 8 && hourOfBlock(grid, block) <= 17;

/** A day of work between two nights does not end it: blocks from 5 to 20 o'clock, and one more. */
const FORGIVEN = 6;

/**
 * Running while nobody is there (空调未关): more than expected at night and on days off, and as expected in working hours. What is more by
 * the same factor at all hours is another matter (`ratio.ts`).
 */
export function leftOn(
  meter: DetectMeter,
  series: Series,
  expected: Expected,
  grid: Grid,
  working: readonly boolean[],
  thresholds: LeftOnThresholds,
): Finding[] {
  const stretches = departures(meter, series, expected, { change: thresholds.rise, forgiven: FORGIVEN, direction: 1 });
  return stretches.flatMap((stretch) => {
    if ((stretch.blocks * BLOCK_MS) / 3_600_000 < thresholds.hours) return [];
    if (!isAddedWhileAway(stretch, grid, working)) return [];
    return atMeter(meter.id, {
      kind: meter.item === 'B' ? 'ac-left-on' : 'off-hours',
      ...timesOf(stretch, grid),
      evidence: {
        timesExpected: rounded(stretch.factor),
        addedPerHour: rounded(stretch.addedPerHour),
        hours: (stretch.blocks * BLOCK_MS) / 3_600_000,
        unit: `${meter.unit}/h`,
      },
      plot: plotOf(meter, series, expected, grid, stretch),
      extra: extraOf(series, expected, stretch),
    });
  });
}

/** Departs in few working hours, and adds an amount rather than a factor where there are only hours of absence. */
export function isAddedWhileAway(stretch: Departure, grid: Grid, working: readonly boolean[]): boolean {
  let inUse = 0;
  for (let block = stretch.from; block < stretch.to; block += 1) if (isInUse(grid, working, block)) inUse += 1;
  const spanned = stretch.to - stretch.from;
  if (inUse === 0) return true;
  // in working hours nothing was more: at least half of those blocks do not depart
  return stretch.share < 0.9 && spanned - stretch.blocks >= inUse * 0.5;
}
