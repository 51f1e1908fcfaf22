import { BLOCK_MS, type DetectMeter, type Grid, type Series } from './blocks.ts';
import { type Departure, departures, extraOf, plotOf, timesOf } from './departures.ts';
import type { Expected } from './expect.ts';
import { atMeter, type Finding, rounded } from './finding.ts';

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
  thresholds: RatioThresholds,
): Finding[] {
  const { meter, series, expected } = one;
  const fewest = (thresholds.hours * 3_600_000) / BLOCK_MS;
  const directions = [1, -1] as const;
  return directions.flatMap((direction) =>
    departures(meter, series, expected, { change: thresholds.change, forgiven: FORGIVEN, direction }).flatMap(
      (stretch) => {
        if (stretch.blocks < fewest || stretch.share < 0.8 || !isFactor(stretch)) return [];
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
