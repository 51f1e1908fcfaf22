/**
 * What a meter should have shown, block by block, and how well that is known. Two ways, the better one by back-test:
 * - peers: the median course of meters of the same use (type of institution, medium, item), scaled to the meter. They have the same
 *   weather, the same holidays: normalised for both without a thermometer;
 * - like days: the meter's own median of the same hour on days of the same kind.
 */
import { BLOCKS_PER_DAY, type DetectMeter, type Grid, hourOfBlock, median, quantile, type Series } from './blocks.ts';

export interface Expected {
  /** Units per hour; NaN where it cannot be told. */
  readonly rate: Float64Array;
  /** Spread of ln(found / expected), robust: what is usual for this meter. */
  readonly sigma: number;
  readonly by: 'peers' | 'like-days';
}

/** Fewer peers are no median. */
const FEWEST_PEERS = 4;
/** So many are as good as all: the cost of a meter stays the same in a city of any size. */
export const MOST_PEERS = 60;
/** A block counts for the scale when it moved so many steps of the register. */
const FEWEST_STEPS = 12;
/** Days whose scale differs by less are the same state. */
const SAME_STATE = 0.05;
/** An earlier state with at least this share of the days of the longest one is the usual one. */
const NEARLY_AS_LONG = 0.5;
/** Days at which a state must be there at either end to enclose what lies between. */
const AT_AN_END = 2;

export const useOf = ({ typeCode, medium, role, item }: DetectMeter): string =>
  `${typeCode}|${medium}|${role === 'main' ? 'main' : (item ?? 'sub')}`;

/**
 * The course of each use: median over its meters of what each shows of its own mean.
 *
 * @param meters at most `MOST_PEERS` of a use
 */
export function peerCourses(
  meters: readonly DetectMeter[],
  series: ReadonlyMap<number, Series>,
  grid: Grid,
): Map<string, Float64Array> {
  const courses = new Map<string, Float64Array>();
  for (const [use, members] of Map.groupBy(meters, useOf)) {
    const scaled = members.flatMap(({ id }) => {
      const rate = series.get(id)?.rate;
      const mean = rate ? usualMean(rate) : 0;
      return rate && mean > 0 ? [{ rate, mean }] : [];
    });
    if (scaled.length < FEWEST_PEERS) continue;
    const course = new Float64Array(grid.count);
    for (let block = 0; block < grid.count; block += 1) {
      const shares = scaled.flatMap(({ rate, mean }) => {
        const share = (rate[block] ?? Number.NaN) / mean;
        return Number.isNaN(share) ? [] : [share];
      });
      course[block] = shares.length < FEWEST_PEERS ? Number.NaN : median(shares);
    }
    courses.set(use, course);
  }
  return courses;
}

/** Median over the days of the day's mean: one wrong day does not move it. */
function usualMean(rate: Float64Array): number {
  const means: number[] = [];
  for (let from = 0; from + BLOCKS_PER_DAY <= rate.length; from += BLOCKS_PER_DAY) {
    const known = rate.subarray(from, from + BLOCKS_PER_DAY).filter((value) => !Number.isNaN(value));
    if (known.length >= BLOCKS_PER_DAY / 2) means.push(known.reduce((sum, value) => sum + value, 0) / known.length);
  }
  return median(means);
}

/** @returns undefined when neither way has enough to go by */
export function expectedOf(
  meter: DetectMeter,
  { rate }: Series,
  course: Float64Array | undefined,
  grid: Grid,
  working: readonly boolean[],
): Expected | undefined {
  const ways: Expected[] = [];
  if (course) {
    const scale = usualScale(rate, course, meter.step);
    if (scale !== undefined) {
      const expected = course.map((share) => share * scale);
      ways.push({ rate: expected, sigma: spread(rate, expected, meter.step), by: 'peers' });
    }
  }
  const own = likeDays(rate, grid, working);
  ways.push({ rate: own, sigma: spread(rate, own, meter.step), by: 'like-days' });
  const usable = ways.filter(({ sigma }) => !Number.isNaN(sigma)).sort((a, b) => a.sigma - b.sigma);
  // Like days do not know the weather: a spell of cold weeks from now is no surprise to peers, who go before when nearly as good.
  return usable.find(({ by, sigma }) => by === 'peers' && sigma <= PEERS_WITHIN) ?? usable[0];
}

/**
 * Scale of the state in which the meter usually is: the one that stands at both ends, since a fault begins and ends; else the one of most
 * days, but an earlier one that lasted nearly as long goes before: a wrong transformer comes later than the meter.
 */
function usualScale(rate: Float64Array, course: Float64Array, step: number): number | undefined {
  const days: number[] = [];
  for (let from = 0; from < rate.length; from += BLOCKS_PER_DAY) {
    let found = 0;
    let base = 0;
    for (let block = from; block < Math.min(rate.length, from + BLOCKS_PER_DAY); block += 1) {
      const [value, share] = [rate[block] ?? Number.NaN, course[block] ?? Number.NaN];
      if (Number.isNaN(value) || Number.isNaN(share)) continue;
      found += value;
      base += share;
    }
    if (base > 0 && found * 3 >= step * FEWEST_STEPS) days.push(Math.log(found / base));
  }
  const states = days.map((centre) => {
    const members = days.flatMap((value, day) => (Math.abs(value - centre) <= SAME_STATE ? [day] : []));
    return {
      first: members[0] ?? 0,
      last: members.at(-1) ?? 0,
      size: members.length,
      centre: median(members.map((day) => days[day] ?? 0)),
    };
  });
  const encloses = states
    .filter(({ first, last, size }) => first < AT_AN_END && last >= days.length - AT_AN_END && size >= AT_AN_END + 1)
    .sort((a, b) => b.size - a.size)[0];
  if (encloses) return Math.exp(encloses.centre);
  const longest = Math.max(0, ...states.map(({ size }) => size));
  const [usual] = states
    .filter(({ size }) => size >= longest * NEARLY_AS_LONG)
    .sort((a, b) => a.first - b.first || b.size - a.size);
  return usual && Math.exp(usual.centre);
}

function likeDays(rate: Float64Array, grid: Grid, working: readonly boolean[]): Float64Array {
  const likes = Map.groupBy(
    Array.from(rate.keys()).filter((block) => !Number.isNaN(rate[block] ?? Number.NaN)),
    (block) => `${hourOfBlock(grid, block)}/${working[block]}`,
  );
  const medians = new Map(
    [...likes].map(([key, blocks]) => [key, blocks.length < 3 ? Number.NaN : median(blocks.map((b) => rate[b] ?? 0))]),
  );
  return Float64Array.from(
    rate.keys(),
    (block) => medians.get(`${hourOfBlock(grid, block)}/${working[block]}`) ?? Number.NaN,
  );
}

/** ln(found / expected) of a block, or NaN where a few steps of the register would decide it. */
export function departure(found: number, expected: number, step: number): number {
  if (Number.isNaN(found) || Number.isNaN(expected) || Math.max(found, expected) * 3 < step * FEWEST_STEPS)
    return Number.NaN;
  const least = (step * FEWEST_STEPS) / 300;
  return Math.log(Math.max(found, least) / Math.max(expected, least));
}

/** A spread at which peers are good enough. */
const PEERS_WITHIN = 0.06;
const MAD_TO_SIGMA = 1.4826;
/** A quarter of a normal distribution lies within 0.3186 sigma. */
const QUARTER_TO_SIGMA = 1 / 0.3186;
/** Spread beyond which it may be a fault's. */
const WIDE = 0.15;

function spread(rate: Float64Array, expected: Float64Array, step: number): number {
  const all = Array.from(rate, (value, block) => departure(value, expected[block] ?? Number.NaN, step)).filter(
    (value) => !Number.isNaN(value),
  );
  if (all.length < BLOCKS_PER_DAY * 2) return Number.NaN;
  const centre = median(all);
  const usual = MAD_TO_SIGMA * median(all.map((value) => Math.abs(value - centre)));
  if (usual <= WIDE) return usual;
  // A fault for more than half of the time would be taken for spread: then by the quarter that fits best.
  return Math.min(usual, QUARTER_TO_SIGMA * quantile(all.map(Math.abs), 0.25));
}
