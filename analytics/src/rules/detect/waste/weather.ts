/** Cooling against the weather (domain handbook §4). Without outdoor temperatures on record nothing is said. */
import { BLOCK_MS, blockStart, quantile } from '../blocks.ts';
import { plotOf } from '../departures.ts';
import { atMeter, type Finding, rounded } from '../finding.ts';
import type { Thresholds } from '../thresholds.ts';
import { isInUse, type Judged, meanOf, plotBesidePeers, type Subject, stretchesBeyond, told } from './subject.ts';

/** Days whose weather is compared, and blocks in use that each side needs. */
const DAYS = 14;
const FEWEST_BLOCKS = 8;
const BLOCK_H = BLOCK_MS / 3_600_000;

/**
 * Air conditioning in mild weather: what runs in working hours at 14 to 24 °C, of what runs when it is hotter or colder; more than the peers
 * show by the rise asked for.
 *
 * @param outdoorC mean outdoor temperature of each block, NaN where unknown
 */
export function mildWeatherCooling(
  subject: Subject,
  outdoorC: Float64Array,
  { lowC, highC, rise, days }: Thresholds<'weather'>,
): Finding[] {
  const { meter, grid } = subject;
  const judge = (from: number, to: number): Judged | undefined => {
    const used = told(subject, from, to).filter(
      ({ block }) => isInUse(subject, block) && !Number.isNaN(outdoorC[block] ?? Number.NaN),
    );
    const isMild = ({ block }: { block: number }) => (outdoorC[block] ?? 0) >= lowC && (outdoorC[block] ?? 0) <= highC;
    const [mild, other] = [used.filter(isMild), used.filter((one) => !isMild(one))];
    if (mild.length < Math.max(FEWEST_BLOCKS, days * 3) || other.length < FEWEST_BLOCKS) return undefined;
    const ownOther = meanOf(other.map((one) => one.own));
    const peersOther = meanOf(other.map((one) => one.peers));
    if (!(ownOther > 0) || !(peersOther > 0)) return undefined;
    const own = meanOf(mild.map((one) => one.own)) / ownOther;
    const peers = meanOf(mild.map((one) => one.peers)) / peersOther;
    return { value: own, limit: peers * (1 + rise), extra: (own - peers) * ownOther * mild.length * BLOCK_H };
  };
  return stretchesBeyond(grid, DAYS, judge).map(({ from, to, lasts, worst, extraPerDay, days: length }) =>
    atMeter(meter.id, {
      kind: 'mild-weather-cooling',
      fromMs: blockStart(grid, from),
      toMs: lasts ? undefined : blockStart(grid, to),
      evidence: { ofHotOrCold: rounded(worst.value), limit: rounded(worst.limit), lowC, highC, days: length },
      plot: plotBesidePeers(subject, { from: Math.max(from, to - DAYS * 8), to }),
      extra: { amount: rounded(extraPerDay * length, 2), perMonth: rounded(extraPerDay * 30, 2) },
    }),
  );
}

/** Pauses no longer than this do not end it: a night, a weekend. */
const PAUSE_BLOCKS = 24;

/**
 * Heating and cooling at once: in one house the heat meter and the air conditioning both run well above idle although it is so warm outside
 * that nobody heats. The finding stands at the heat meter; what is heated is extra.
 *
 * @param outdoorC mean outdoor temperature of each block, NaN where unknown
 */
export function heatingAndCooling(
  heat: Pick<Subject, 'meter' | 'series' | 'grid'>,
  cooling: Pick<Subject, 'meter' | 'series'>,
  outdoorC: Float64Array,
  { share, hours, fromC }: Thresholds<'both'>,
): Finding[] {
  const { grid, meter, series } = heat;
  const idle = new Float64Array(grid.count);
  const [heats, cools] = [levelOf(series.rate), levelOf(cooling.series.rate)];
  const both: number[] = [];
  for (let block = 0; block < grid.count; block += 1) {
    const [a, b] = [heats(block), cools(block)];
    if (a > share && b > share && (outdoorC[block] ?? Number.NaN) >= fromC) both.push(block);
  }
  return runsWithin(both, PAUSE_BLOCKS).flatMap((run) => {
    if (run.length * BLOCK_H < hours) return [];
    const [from, to] = [run[0] ?? 0, (run.at(-1) ?? 0) + 1];
    const amount = run.reduce((sum, block) => sum + (series.rate[block] ?? 0) * BLOCK_H, 0);
    const days = Math.max(1, ((to - from) * BLOCK_H) / 24);
    return atMeter(meter.id, {
      kind: 'heating-and-cooling',
      meterIds: [meter.id, cooling.meter.id],
      fromMs: blockStart(grid, from),
      toMs: to + PAUSE_BLOCKS >= grid.count ? undefined : blockStart(grid, to),
      plot: plotOf(meter, series, { rate: idle, sigma: Number.NaN, by: 'like-days' }, grid, { from, to }),
      evidence: { hours: run.length * BLOCK_H, heat: meter.code, cooling: cooling.meter.code, outdoorFromC: fromC },
      extra: { amount: rounded(amount, 2), perMonth: rounded((amount / days) * 30, 2) },
    });
  });
}

/** Where a block lies between idle (0) and full (1); -1 where nothing tells. */
function levelOf(rate: Float64Array): (block: number) => number {
  const known = Array.from(rate).filter((value) => !Number.isNaN(value));
  const [idle, full] = [quantile(known, 0.1), quantile(known, 0.95)];
  return (block) => {
    const value = rate[block] ?? Number.NaN;
    return Number.isNaN(value) || !(full > idle) ? -1 : (value - idle) / (full - idle);
  };
}

function runsWithin(blocks: readonly number[], pause: number): number[][] {
  const runs: number[][] = [];
  for (const block of blocks) {
    const last = runs.at(-1);
    if (last && block - (last.at(-1) ?? 0) <= pause) last.push(block);
    else runs.push([block]);
  }
  return runs;
}
