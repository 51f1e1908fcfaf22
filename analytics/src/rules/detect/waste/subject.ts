/** What the waste detectors look at, and stretches of days in which a figure stays beyond its limit. */
import { BLOCKS_PER_DAY, type DetectMeter, type Grid, hourOfBlock, NIGHT_HOUR, type Series } from '../blocks.ts';
import { plotOf } from '../departures.ts';
import type { Expected } from '../expect.ts';
import type { Plot } from '../finding.ts';

/** One meter among its peers. */
export interface Subject {
  readonly meter: DetectMeter;
  readonly series: Series;
  /** Course of meters of the same use, of their mean: 1 is the mean. The handbook's limits alone would flag whole types of house. */
  readonly course: Float64Array;
  readonly grid: Grid;
  /** Whether people work on the day of each block. */
  readonly working: readonly boolean[];
}

/** Blocks that begin at 8 to 17 o'clock of a working day: when people are there, with what comes before and after. */
export const isInUse = ({ grid, working }: Pick<Subject, 'grid' | 'working'>, block: number): boolean =>
  (working[block] ?? false) && hourOfBlock(grid, block) >= 8 && hourOfBlock(grid, block) <= 17;

export const isNight = (grid: Grid, block: number): boolean => hourOfBlock(grid, block) === NIGHT_HOUR;

/** Blocks of a span that both the meter and its peers tell, with what each showed. */
export function told({ series, course }: Subject, from: number, to: number) {
  const blocks: { block: number; own: number; peers: number }[] = [];
  for (let block = from; block < to; block += 1) {
    const [own, peers] = [series.rate[block] ?? Number.NaN, course[block] ?? Number.NaN];
    if (!Number.isNaN(own) && !Number.isNaN(peers)) blocks.push({ block, own, peers });
  }
  return blocks;
}

export const meanOf = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;

/** A figure of some days, and what it may be. */
export interface Judged {
  readonly value: number;
  readonly limit: number;
  /** Extra use in these days, units of the counter. */
  readonly extra: number;
}

export interface Stretch {
  /** Blocks [from, to). */
  readonly from: number;
  readonly to: number;
  readonly lasts: boolean;
  /** Days it rests on. */
  readonly days: number;
  readonly worst: Judged;
  /** Mean over its windows, units a day. */
  readonly extraPerDay: number;
}

/**
 * Stretches in which every window of some days lies beyond its limit; a window that cannot be judged neither ends nor makes one.
 *
 * @param judge of blocks [from, to); undefined where too little is known
 */
export function stretchesBeyond(
  grid: Grid,
  days: number,
  judge: (from: number, to: number) => Judged | undefined,
): Stretch[] {
  const starts = Array.from({ length: grid.count }, (_, block) => block).filter(
    (block) => isNight(grid, block) && block + BLOCKS_PER_DAY <= grid.count,
  );
  const found: Stretch[] = [];
  let run: { from: number; to: number; judged: Judged }[] = [];
  const close = (lasts: boolean) => {
    const [first] = run;
    const last = run.at(-1);
    if (first && last) {
      found.push({
        from: first.from,
        to: last.to,
        lasts,
        days: Math.round((last.to - first.from) / BLOCKS_PER_DAY),
        worst: run.reduce((worst, one) => (one.judged.value > worst.value ? one.judged : worst), first.judged),
        extraPerDay: meanOf(run.map(({ judged }) => judged.extra)) / days,
      });
    }
    run = [];
  };
  for (let i = days - 1; i < starts.length; i += 1) {
    const from = starts[i - days + 1] ?? 0;
    const to = (starts[i] ?? 0) + BLOCKS_PER_DAY;
    const judged = judge(from, to);
    if (!judged) continue;
    if (judged.value > judged.limit) run.push({ from, to, judged });
    else close(false);
  }
  close(true);
  return found;
}

/** What was found beside what the peers would show at this meter's mean. */
export function plotBesidePeers(subject: Subject, of: { from: number; to: number }): Plot {
  const { meter, series, course, grid } = subject;
  const own = meanOf(told(subject, of.from, of.to).map((one) => one.own));
  const expected: Expected = { rate: course.map((share) => share * own), sigma: Number.NaN, by: 'peers' };
  return plotOf(meter, series, expected, grid, of);
}
