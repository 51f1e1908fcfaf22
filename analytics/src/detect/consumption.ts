import { type Grid, gridOf, type Series, workingBlocks } from '../rules/detect/blocks.ts';
import { defaultThresholds } from '../rules/detect/defaults.ts';
import { type Expected, expectedOf, MOST_PEERS, peerCourses, useOf } from '../rules/detect/expect.ts';
import type { Finding } from '../rules/detect/finding.ts';
import { withoutEchoes } from '../rules/detect/kin.ts';
import { nightLeaks } from '../rules/detect/leak.ts';
import { leftOn } from '../rules/detect/left-on.ts';
import { wrongRatios } from '../rules/detect/ratio.ts';
import { swappedChildren } from '../rules/detect/swap.ts';
import { wasteOfHouse } from '../rules/detect/waste/house.ts';
import { chunksOf, type ListedMeter } from './meters.ts';
import type { Client, DetectOptions } from './options.ts';
import { loadOutdoor } from './outdoor.ts';
import { loadSeries } from './series.ts';

/** Institutions whose series are in memory at a time. */
const AT_A_TIME = 40;

/**
 * What shows in how much flows: leaks, air conditioning left on, wrong ratios, swapped meters, waste. Type of institution by type: the peers
 * of a meter are of its type, at most 60 for each use, so that a meter costs the same in a city of any size.
 */
export async function findInConsumption(
  client: Client,
  meters: readonly ListedMeter[],
  options: DetectOptions,
): Promise<Finding[]> {
  const { fromMs, toMs, institutionIds, calendar } = options;
  const wanted = institutionIds && new Set(institutionIds);
  const grid = gridOf(fromMs, toMs);
  const working = workingBlocks(grid, calendar);
  const outdoorC = await loadOutdoor(client, grid);
  const found: Finding[] = [];
  for (const ofType of Map.groupBy(meters, ({ typeCode }) => typeCode).values()) {
    const own = wanted ? ofType.filter(({ institutionId }) => wanted.has(institutionId)) : ofType;
    if (own.length === 0) continue;
    const peers = [...Map.groupBy(ofType, useOf).values()].flatMap(sampled);
    const courses = peerCourses(peers, await loadSeries(client, peers, grid), grid);
    const institutions = [...Map.groupBy(own, ({ institutionId }) => institutionId).values()];
    for (const some of chunksOf(institutions, AT_A_TIME)) {
      const series = await loadSeries(client, some.flat(), grid);
      for (const house of some)
        found.push(...ofInstitution(house, { series, courses, grid, working, outdoorC, options }));
    }
  }
  return found;
}

function sampled(members: readonly ListedMeter[]): ListedMeter[] {
  const every = Math.max(1, Math.floor(members.length / MOST_PEERS));
  return members.filter((_, i) => i % every === 0).slice(0, MOST_PEERS);
}

interface Known {
  readonly series: ReadonlyMap<number, Series>;
  readonly courses: ReadonlyMap<string, Float64Array>;
  readonly grid: Grid;
  readonly working: readonly boolean[];
  readonly outdoorC: Float64Array;
  readonly options: DetectOptions;
}

interface Member {
  readonly meter: ListedMeter;
  readonly series: Series;
  readonly expected: Expected;
}

function ofInstitution(meters: readonly ListedMeter[], known: Known): Finding[] {
  const { series, courses, grid, working, options } = known;
  const [first] = meters;
  if (!first) return [];
  const thresholds = (options.thresholdsOf ?? defaultThresholds)(first.typeCode);
  const members = new Map<number, Member>();
  for (const meter of meters) {
    const own = series.get(meter.id);
    const expected = own && expectedOf(meter, own, courses.get(useOf(meter)), grid, working);
    if (own && expected) members.set(meter.id, { meter, series: own, expected });
  }
  const children = Map.groupBy(meters, ({ parentId }) => parentId);
  const childrenOf = (id: number) => (children.get(id) ?? []).map((child) => child.id);
  const found = meters.flatMap((meter) => {
    const own = series.get(meter.id);
    const member = members.get(meter.id);
    if (meter.medium === 'water') return own ? nightLeaks(meter, own, grid, thresholds.leak) : [];
    if (meter.medium !== 'electricity' || !member) return [];
    return [
      ...leftOn(meter, member.series, member.expected, grid, working, thresholds.leftOn),
      ...wrongRatios(member, members, childrenOf, grid, working, thresholds.ratio),
    ];
  });
  const groups = Map.groupBy(
    [...members.values()].filter(({ meter }) => meter.parentId !== null),
    ({ meter }) => `${meter.parentId}|${meter.medium}`,
  );
  const swaps = [...groups.values()].flatMap((group) => swappedChildren(group, grid, thresholds.swap));
  const faults = withoutEchoes([...found, ...swaps], meters);
  const expected = new Map([...members].map(([id, member]) => [id, member.expected]));
  return [...faults, ...wasteOfHouse({ ...known, meters, expected, thresholds, calendar: options.calendar }, faults)];
}
