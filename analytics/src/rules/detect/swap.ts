import { BLOCK_MS, blockStart, cut, type DetectMeter, type Grid, type Series } from './blocks.ts';
import type { Expected } from './expect.ts';
import { atMeter, type Finding, rounded } from './finding.ts';

export interface SwapThresholds {
  /** How long two meters must show each other's course. */
  readonly hours: number;
  /** The two must differ by this share, or nobody could tell. */
  readonly difference: number;
  /** The sum of both must be as expected within this share. */
  readonly balance: number;
}

export interface SwapMember {
  readonly meter: DetectMeter;
  readonly series: Series;
  readonly expected: Expected;
}

/** So many blocks that tell against it end a run. */
const FORGIVEN = 2;

/**
 * Children of one parent that were swapped: each follows what the other should have shown, and their sum is as it should be.
 *
 * @param group children of one parent and one medium
 * @returns one finding per pair and run; its unit is the first meter of the two
 */
export function swappedChildren(group: readonly SwapMember[], grid: Grid, thresholds: SwapThresholds): Finding[] {
  const found = group.flatMap((a, i) => group.slice(i + 1).flatMap((b) => swapsOf(a, b, grid, thresholds)));
  // A meter can have been swapped with one other at a time: the pair that gains most goes first.
  const taken: Finding[] = [];
  for (const { finding } of found.sort((a, b) => b.gain - a.gain)) {
    const isTaken = taken.some(
      (other) =>
        other.meterIds.some((id) => finding.meterIds.includes(id)) &&
        other.fromMs < (finding.toMs ?? Number.POSITIVE_INFINITY) &&
        finding.fromMs < (other.toMs ?? Number.POSITIVE_INFINITY),
    );
    if (!isTaken) taken.push(finding);
  }
  return taken;
}

function swapsOf(a: SwapMember, b: SwapMember, grid: Grid, thresholds: SwapThresholds) {
  const fewest = Math.ceil((thresholds.hours * 3_600_000) / BLOCK_MS);
  const noise = 3 * Math.max(a.expected.sigma, b.expected.sigma);
  const found: { finding: Finding; gain: number }[] = [];
  let run: { block: number; gain: number }[] = [];
  let against = 0;
  const close = () => {
    const size = run.length;
    const gain = run.reduce((sum, one) => sum + one.gain, 0);
    const from = run[0]?.block ?? 0;
    const last = run.at(-1)?.block ?? from;
    // the gain of a block must stand out of what is usual for both, or the run be longer in proportion
    if (size >= fewest && gain / size > Math.max(thresholds.difference, noise / Math.sqrt(size))) {
      found.push({ finding: swapOf(a, b, grid, from, last, gain / size), gain });
    }
    run = [];
    against = 0;
  };
  for (let block = 0; block < grid.count; block += 1) {
    const gain = gainOf(a, b, block, thresholds.balance);
    if (gain === undefined) continue;
    if (gain > 0) {
      run.push({ block, gain });
      against = 0;
    } else {
      against += 1;
      if (against > FORGIVEN) close();
    }
  }
  close();
  return found;
}

/**
 * By how much, as a share of the two, it fits better that they are swapped. Undefined where nothing can be told: a value is not known,
 * or both should show the same.
 */
function gainOf(a: SwapMember, b: SwapMember, block: number, balance: number): number | undefined {
  const [ea, eb] = [a.series.rate[block] ?? Number.NaN, b.series.rate[block] ?? Number.NaN];
  const [pa, pb] = [a.expected.rate[block] ?? Number.NaN, b.expected.rate[block] ?? Number.NaN];
  const sum = pa + pb;
  if (Number.isNaN(ea + eb + sum) || !(sum > 0)) return undefined;
  // a few steps of a register decide nothing
  if (Math.abs(pa - pb) * 3 < 4 * Math.max(a.meter.step, b.meter.step)) return undefined;
  if (Math.abs(ea + eb - sum) > balance * sum + (2 * (a.meter.step + b.meter.step)) / 3) return -1;
  return (Math.abs(ea - pa) + Math.abs(eb - pb) - Math.abs(ea - pb) - Math.abs(eb - pa)) / sum;
}

function swapOf(a: SwapMember, b: SwapMember, grid: Grid, from: number, last: number, gain: number): Finding {
  const [plotFrom, plotTo] = [Math.max(0, from - 24), Math.min(grid.count, last + 25)];
  return atMeter(a.meter.id, {
    kind: 'swapped-children',
    meterIds: [a.meter.id, b.meter.id],
    fromMs: blockStart(grid, from),
    toMs: last + 1 + FORGIVEN >= grid.count ? undefined : blockStart(grid, last + 1),
    evidence: { meter: a.meter.code, partner: b.meter.code, betterFitShare: rounded(gain) },
    plot: {
      fromMs: blockStart(grid, plotFrom),
      stepMs: BLOCK_MS,
      unit: `${a.meter.unit}/h`,
      found: cut(a.series.rate, plotFrom, plotTo),
      expected: cut(a.expected.rate, plotFrom, plotTo),
    },
  });
}
