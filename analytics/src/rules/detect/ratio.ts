import { BLOCK_MS, type DetectMeter, type Grid, median, type Series } from './blocks.ts';
import { type Departure, departures, extraOf, plotOf, timesOf } from './departures.ts';
import type { Expected } from './expect.ts';
import { atMeter, type Finding, rounded } from './finding.ts';
import { blocksInUse } from './left-on.ts';

export interface RatioThresholds {
  /** Least change of the factor. */
  readonly change: number;
  readonly hours: number;
}

export interface RatioMember {
  readonly meter: DetectMeter;
  readonly series: Series;
  readonly expected: Expected;
}

/** Blocks in a row that fit neither and yet do not end it: the hours of the change itself, a holiday evening. */
const FORGIVEN = 2;
/** Factor at high load over factor at low load, beyond which it is no factor. */
const SAME_FACTOR = 0.3;
/** A relative that shows so much of the difference confirms that it was really used. */
const CONFIRMED = 0.5;
/** What was left on adds so much to the little that is expected at night that its factor may reach this. */
const MOST_LEFT_ON = 10;
const FEWEST_IN_USE = 2;
/** Like days do not know the weather: there a factor must be so many times as far from 1. */
const LIKE_DAYS = 2;

/**
 * A factor where none should be (互感器变比错误): from one moment on a meter shows so many times what it should, at high and at low load
 * alike, and neither the meter above nor the meters below show the difference. Where they do, it was really used: a step change.
 *
 * @param of the meters by id: relatives are looked up in it
 * @param childrenOf ids of the meters directly below
 */
export function wrongRatios(
  one: RatioMember,
  of: ReadonlyMap<number, RatioMember>,
  childrenOf: (id: number) => readonly number[],
  grid: Grid,
  working: readonly boolean[],
  thresholds: RatioThresholds,
): Finding[] {
  const { meter, series, expected } = one;
  const fewest = (thresholds.hours * 3_600_000) / BLOCK_MS;
  const isInUse = blocksInUse(expected, grid, working);
  const directions = [1, -1] as const;
  return directions.flatMap((direction) =>
    departures(meter, series, expected, { change: thresholds.change, forgiven: FORGIVEN, direction }).flatMap(
      (stretch) => {
        if (stretch.blocks < fewest || stretch.share < 0.8 || !isFactor(stretch)) return [];
        if (direction > 0 && stretch.factor < MOST_LEFT_ON && !showsInUse(stretch, isInUse)) return [];
        if (expected.by === 'like-days' && Math.abs(stretch.factor - 1) < thresholds.change * LIKE_DAYS) return [];
        if (bearOut(one, stretch, of, childrenOf)) return [];
        const witness = witnessOf(one, stretch, of, childrenOf);
        // The cause is at the relative, or was real and stands at the meters below.
        if (witness === 'below') return [];
        return atMeter(meter.id, {
          kind: witness === 'above' ? 'step-change' : 'ct-misset',
          ...timesOf(stretch, grid),
          evidence: {
            factor: rounded(stretch.factor),
            factorAtHighLoad: rounded(stretch.factorHigh),
            factorAtLowLoad: rounded(stretch.factorLow),
            usualSpread: rounded(expected.sigma, 4),
            expectedBy: expected.by,
            relatives: witness,
          },
          plot: plotOf(meter, series, expected, grid, stretch),
          ...(witness === 'above' && direction > 0 ? { extra: extraOf(series, expected, stretch) } : {}),
        });
      },
    ),
  );
}

/** More while nobody is there may be something that was left on, up to so many times; a factor shows in working hours too. */
const showsInUse = ({ members }: Departure, isInUse: (block: number) => boolean): boolean =>
  members.filter(isInUse).length >= FEWEST_IN_USE;

/**
 * The meters below show the same factor: their sum is to this meter what it is otherwise. Like days do not know the weather, peers do not
 * know what is built on; the meters below know both.
 */
function bearOut(
  { meter, series }: RatioMember,
  { from, to, factor }: Departure,
  of: ReadonlyMap<number, RatioMember>,
  childrenOf: (id: number) => readonly number[],
): boolean {
  const children = childrenOf(meter.id).flatMap((id) => of.get(id) ?? []);
  if (children.length < 2) return false;
  const inside: number[] = [];
  const outside: number[] = [];
  for (let block = 0; block < series.rate.length; block += 1) {
    const below = children.reduce((sum, child) => sum + (child.series.rate[block] ?? Number.NaN), 0);
    const share = Math.log((series.rate[block] ?? Number.NaN) / below);
    if (Number.isFinite(share)) (block >= from && block < to ? inside : outside).push(share);
  }
  const moved = median(inside) - median(outside);
  return Math.abs(moved) < CONFIRMED * Math.abs(Math.log(factor));
}

const isFactor = ({ factorHigh, factorLow, factor }: Departure): boolean =>
  Math.abs(Math.log(factorHigh / factorLow)) < Math.max(0.06, SAME_FACTOR * Math.abs(Math.log(factor)));

/**
 * Who else saw the difference: `above`, `below`, `nobody`, or `unknown` where no relative could tell.
 */
function witnessOf(
  one: RatioMember,
  stretch: Departure,
  of: ReadonlyMap<number, RatioMember>,
  childrenOf: (id: number) => readonly number[],
): 'above' | 'below' | 'nobody' | 'unknown' {
  const own = differenceOf(one, stretch);
  const parent = one.meter.parentId === null ? undefined : of.get(one.meter.parentId);
  const above = parent && differenceOf(parent, stretch);
  const children = childrenOf(one.meter.id).flatMap((id) => of.get(id) ?? []);
  const below = children.map((child) => differenceOf(child, stretch));
  const belowSum = below.reduce((sum, { difference }) => sum + difference, 0);
  if (children.length > 0 && belowSum / own.difference > CONFIRMED) return 'below';
  if (above && Math.abs(own.difference) > 3 * above.noise) {
    return above.difference / own.difference > CONFIRMED && above.difference / own.difference < 1 / CONFIRMED
      ? 'above'
      : 'nobody';
  }
  return children.length > 0 ? 'nobody' : 'unknown';
}

/** Found less expected over a stretch, and how much of it may be noise (errors of a block taken as lasting for a day). */
function differenceOf({ series, expected }: RatioMember, { from, to }: Departure) {
  let difference = 0;
  let base = 0;
  let blocks = 0;
  for (let block = from; block < to; block += 1) {
    const [found, should] = [series.rate[block] ?? Number.NaN, expected.rate[block] ?? Number.NaN];
    if (Number.isNaN(found) || Number.isNaN(should)) continue;
    difference += found - should;
    base += should;
    blocks += 1;
  }
  return { difference, noise: (base * expected.sigma) / Math.sqrt(Math.max(1, blocks / 8)) };
}
