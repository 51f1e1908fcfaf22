import { BLOCK_MS, type DetectMeter, type Grid, hourOfBlock, quantile, type Series } from './blocks.ts';
import { type Departure, departures, extraOf, plotOf, timesOf } from './departures.ts';
import type { Expected } from './expect.ts';
import { atMeter, type Finding, rounded } from './finding.ts';

export interface LeftOnThresholds {
  /** Rise over what is expected while nobody is there. */
  readonly rise: number;
  readonly hours: number;
}

/** Of the rate that nine blocks of ten stay below, so much is expected where people are. */
const USED_SHARE = 0.5;
/** Blocks in use that depart all the same: an evening that began early. */
const FEW = 1;

/**
 * Blocks in which people are there: those that begin at 8, 11 and 14 o'clock of a working day, unless the meter is expected to rest in them
 * (a library on Mondays).
 */
export function blocksInUse(expected: Expected, grid: Grid, working: readonly boolean[]): (block: number) => boolean {
  const known = [...expected.rate].filter((rate) => !Number.isNaN(rate));
  const used = USED_SHARE * quantile(known, 0.9);
  return (block) => {
    const hour = hourOfBlock(grid, block);
    return (working[block] ?? false) && hour >= 8 && hour < 17 && (expected.rate[block] ?? 0) > used;
  };
}

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
  const isInUse = blocksInUse(expected, grid, working);
  const stretches = departures(meter, series, expected, { change: thresholds.rise, forgiven: FORGIVEN, direction: 1 });
  return stretches.flatMap((stretch) => {
    if ((stretch.blocks * BLOCK_MS) / 3_600_000 < thresholds.hours) return [];
    if (!isAddedWhileAway(stretch, isInUse)) return [];
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

/** Departs where nobody is there, and in few blocks in use: half of them at most. */
function isAddedWhileAway({ from, to, members }: Departure, isInUse: (block: number) => boolean): boolean {
  let inUse = 0;
  for (let block = from; block < to; block += 1) if (isInUse(block)) inUse += 1;
  return members.filter(isInUse).length <= Math.max(FEW, inUse / 2);
}
