import { BLOCKS_PER_DAY, blockStart, median } from '../blocks.ts';
import { extraOf, plotOf } from '../departures.ts';
import type { Expected } from '../expect.ts';
import { atMeter, type Finding, rounded } from '../finding.ts';
import type { Thresholds } from '../thresholds.ts';
import { isNight, meanOf, type Subject } from './subject.ts';

/** Slack of the CUSUM in sigmas: shifts below twice that are noise. */
const SLACK = 0.5;
/** Decision interval in sigmas: a run of noise reaches 8 once in some thousand days. */
const DECISION = 8;
/** No meter is so regular that less would be news. */
const LEAST_SIGMA = 0.02;
const MAD_TO_SIGMA = 1.4826;
const FEWEST_DAYS = 14;

interface DayResidual {
  readonly block: number;
  /** ln(found / expected) of the day's energy. */
  readonly x: number;
}

/**
 * A step upwards (CUSUM; domain handbook §4): from a day on the meter uses more than its peers let expect. They have the same weather, so the
 * residual is normalised for it without a thermometer; where only like days tell, weather would look like a step and nothing is said.
 */
export function stepChanges(
  subject: Pick<Subject, 'meter' | 'series' | 'grid'>,
  expected: Expected,
  { sigma, change, days }: Thresholds<'step'>,
): Finding[] {
  const { meter, series, grid } = subject;
  if (expected.by !== 'peers') return [];
  const residuals = dayResiduals(subject, expected);
  if (residuals.length < FEWEST_DAYS) return [];
  const spread = spreadOf(residuals);
  return rises(residuals, spread).flatMap((run) => {
    const shift = meanOf(run.map(({ x }) => x));
    const least = Math.max(Math.log(1 + change), (sigma * spread) / Math.sqrt(run.length));
    if (run.length < days || shift < least) return [];
    const [from, to] = [run[0]?.block ?? 0, (run.at(-1)?.block ?? 0) + BLOCKS_PER_DAY];
    const lasts = run.at(-1)?.block === residuals.at(-1)?.block;
    return atMeter(meter.id, {
      kind: 'step-change',
      fromMs: blockStart(grid, from),
      toMs: lasts ? undefined : blockStart(grid, to),
      evidence: { timesExpected: rounded(Math.exp(shift)), days: run.length, sigma: rounded(spread, 4) },
      plot: plotOf(meter, series, expected, grid, { from, to }),
      extra: extraOf(series, expected, { from, to }),
    });
  });
}

function dayResiduals({ series, grid }: Pick<Subject, 'series' | 'grid'>, { rate }: Expected): DayResidual[] {
  const days: DayResidual[] = [];
  for (let first = 0; first + BLOCKS_PER_DAY <= grid.count; first += 1) {
    if (!isNight(grid, first)) continue;
    let [found, should, known] = [0, 0, 0];
    for (let block = first; block < first + BLOCKS_PER_DAY; block += 1) {
      const [a, b] = [series.rate[block] ?? Number.NaN, rate[block] ?? Number.NaN];
      if (Number.isNaN(a) || Number.isNaN(b)) continue;
      found += a;
      should += b;
      known += 1;
    }
    if (known >= BLOCKS_PER_DAY / 2 && found > 0 && should > 0)
      days.push({ block: first, x: Math.log(found / should) });
  }
  return days;
}

/** Spread from day to day, not moved by a step: by differences of neighbours. */
function spreadOf(residuals: readonly DayResidual[]): number {
  const steps = residuals.slice(1).map(({ x }, i) => Math.abs(x - (residuals[i]?.x ?? x)));
  return Math.max(LEAST_SIGMA, (MAD_TO_SIGMA * median(steps)) / Math.SQRT2);
}

/** Runs in which the sum of excesses passed the decision interval; each from the day after it last was zero, to its highest. */
function rises(residuals: readonly DayResidual[], spread: number): DayResidual[][] {
  const runs: DayResidual[][] = [];
  let [sum, start, highest, highestAt] = [0, 0, 0, 0];
  const close = () => {
    if (highest > DECISION) runs.push(residuals.slice(start, highestAt + 1));
    highest = 0;
  };
  for (const [i, { x }] of residuals.entries()) {
    // one wild day is no step: it weighs no more than four sigmas
    sum = Math.max(0, sum + Math.min(x / spread, 4) - SLACK);
    if (sum === 0) {
      close();
      start = i + 1;
    } else if (sum >= highest) {
      highest = sum;
      highestAt = i;
    } else if (highest > DECISION && highest - sum > DECISION) {
      close();
      sum = 0;
      start = i + 1;
    }
  }
  close();
  return runs;
}
