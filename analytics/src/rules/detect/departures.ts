import { BLOCK_MS, blockStart, cut, type DetectMeter, type Grid, median, type Series } from './blocks.ts';
import { departure, type Expected } from './expect.ts';
import type { Extra, Plot } from './finding.ts';
import { rounded } from './finding.ts';

/** A stretch of blocks in which a meter shows something else than it should, in one direction. */
export interface Departure {
  /** Blocks [from, to). */
  readonly from: number;
  readonly to: number;
  readonly direction: 1 | -1;
  /** The blocks that depart. */
  readonly members: readonly number[];
  /** Of the blocks that are known, those that depart. */
  readonly share: number;
  readonly blocks: number;
  /** Median of found / expected, and over the upper and lower half by what is expected. */
  readonly factor: number;
  readonly factorHigh: number;
  readonly factorLow: number;
  /** Spread of found - expected and of found / expected over the departing blocks, each by its median: the smaller fits better. */
  readonly spreadOfSum: number;
  readonly spreadOfFactor: number;
  /** Mean of found - expected over the departing blocks, units per hour. */
  readonly addedPerHour: number;
  /** The last known block of the series departs or lies inside. */
  readonly lasts: boolean;
}

export interface DepartureOptions {
  /** Least |found / expected - 1|. */
  readonly change: number;
  /** Known blocks in a row that do not depart and yet do not end it. */
  readonly forgiven: number;
  readonly direction: 1 | -1;
}

/** Stretches in which blocks depart by the change asked for and by more than is usual for the meter. */
export function departures(
  meter: DetectMeter,
  series: Series,
  expected: Expected,
  { change, forgiven, direction }: DepartureOptions,
): Departure[] {
  const limit = Math.max(direction > 0 ? Math.log(1 + change) : -Math.log(1 - change), 5 * expected.sigma);
  const found: Departure[] = [];
  let members: { block: number; x: number }[] = [];
  let known = 0;
  let quiet = 0;
  let last = -1;
  const close = (lasts: boolean) => {
    if (members.length > 0) found.push(measure(members, known - quiet, series, expected, direction, lasts));
    members = [];
    known = 0;
    quiet = 0;
  };
  for (let block = 0; block < series.rate.length; block += 1) {
    const x = departure(series.rate[block] ?? Number.NaN, expected.rate[block] ?? Number.NaN, meter.step);
    if (Number.isNaN(x)) continue;
    last = block;
    const departs = x * direction > limit;
    if (departs) {
      members.push({ block, x });
      known += 1;
      quiet = 0;
    } else if (members.length > 0) {
      known += 1;
      quiet += 1;
      if (quiet > forgiven) close(false);
    }
  }
  close(members.at(-1)?.block === last);
  return found;
}

function measure(
  members: readonly { block: number; x: number }[],
  known: number,
  series: Series,
  expected: Expected,
  direction: 1 | -1,
  lasts: boolean,
): Departure {
  const of = (block: number) => ({ found: series.rate[block] ?? 0, should: expected.rate[block] ?? 0 });
  const ordered = members.toSorted((a, b) => of(a.block).should - of(b.block).should);
  const half = Math.ceil(ordered.length / 2);
  const factorOf = (list: readonly { x: number }[]) => Math.exp(median(list.map(({ x }) => x)));
  const added = members.map(({ block }) => of(block).found - of(block).should);
  const mean = added.reduce((sum, one) => sum + one, 0) / added.length;
  return {
    from: members[0]?.block ?? 0,
    to: (members.at(-1)?.block ?? 0) + 1,
    direction,
    members: members.map(({ block }) => block),
    share: members.length / Math.max(1, known),
    blocks: members.length,
    factor: factorOf(members),
    factorHigh: factorOf(ordered.slice(-half)),
    factorLow: factorOf(ordered.slice(0, half)),
    spreadOfSum: spreadBy(added),
    spreadOfFactor: spreadBy(members.map(({ x }) => Math.exp(x) - 1)),
    addedPerHour: mean,
    lasts,
  };
}

/** Median distance from the median, as a share of it. */
function spreadBy(values: readonly number[]): number {
  const centre = median(values);
  return median(values.map((value) => Math.abs(value - centre))) / Math.abs(centre);
}

/** Times of a stretch; undefined end while it lasts. */
export const timesOf = ({ from, to, lasts }: Departure, grid: Grid) => ({
  fromMs: blockStart(grid, from),
  toMs: lasts ? undefined : blockStart(grid, to),
});

/** What was found and what was expected, a week before and three days after. */
export function plotOf(
  meter: DetectMeter,
  series: Series,
  expected: Expected,
  grid: Grid,
  of: { from: number; to: number },
): Plot {
  const [from, to] = [Math.max(0, of.from - 56), Math.min(grid.count, of.to + 24)];
  return {
    fromMs: blockStart(grid, from),
    stepMs: BLOCK_MS,
    unit: `${meter.unit}/h`,
    found: cut(series.rate, from, to),
    expected: cut(expected.rate, from, to),
  };
}

/** Energy above what was expected in a stretch, and what it comes to in 30 days. */
export function extraOf(series: Series, expected: Expected, { from, to }: { from: number; to: number }): Extra {
  let amount = 0;
  for (let block = from; block < to; block += 1) {
    const more = (series.rate[block] ?? Number.NaN) - (expected.rate[block] ?? Number.NaN);
    if (more > 0) amount += (more * BLOCK_MS) / 3_600_000;
  }
  const days = ((to - from) * BLOCK_MS) / 86_400_000;
  return { amount: rounded(amount, 2), perMonth: rounded((amount / days) * 30, 2) };
}
