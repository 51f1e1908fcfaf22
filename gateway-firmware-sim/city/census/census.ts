import { type CityInstitution, makeInstitutions } from '../population/institutions.ts';
import { type CityGateway, gatewayOf, pickSites } from '../population/metering.ts';
import { DEFAULT_SEED, DEFAULT_SITES } from '../population.ts';
import { between, unit } from '../random.ts';
import { electricityOf } from './electricity.ts';
import type { CensusMeter } from './meter.ts';
import { otherMediaOf } from './other-media.ts';

export interface Census {
  /** Metered institutions, in the order in which sites are picked. */
  sites: readonly CityInstitution[];
  /** One per site, in simulated time. */
  gateways: readonly CityGateway[];
  /** Parents stand before their children. */
  meters: readonly CensusMeter[];
}

/** Street-level bodies below, hospitals, campuses and the administrative centre above (domain.md §3.7). */
const SMALL_BELOW_M2 = 1_500;
const BIG_FROM_M2 = 20_000;
const BIGGEST_M2 = 180_000;
const SMALL_METERS = [2, 4] as const;
const TYPICAL_METERS = [5, 15] as const;
const BIG_METERS = [50, 300] as const;
/** One meter in this many of a big site is a water branch. */
const BRANCH_EVERY = 8;

/**
 * The metering of the whole city: about 23,500 electricity, water, gas and heat meters at 1,960 institutions. Pure and the
 * same for the same seed; fewer institutions are the first of more. A meter code means the same meter as in the demonstration
 * city (`makePopulation`); the first 24 sites keep all of theirs.
 */
export function makeCensus(options: { seed?: number; institutions?: number } = {}): Census {
  const { seed = DEFAULT_SEED, institutions = 1_960 } = options;
  const sites = pickSites(makeInstitutions(seed), institutions);
  return {
    sites,
    gateways: sites.map((site) => ({ ...gatewayOf(site), simulatedTime: true })),
    meters: sites.flatMap((site, index) => metersAt(site, index, seed)),
  };
}

function metersAt(site: CityInstitution, index: number, seed: number): CensusMeter[] {
  const wanted = metersWanted(site, seed);
  const branches = site.areaM2 >= BIG_FROM_M2 ? Math.floor(wanted / BRANCH_EVERY) : 0;
  const others = otherMediaOf(site, seed, branches);
  return [...electricityOf(site, index, seed, wanted - others.length, index < DEFAULT_SITES), ...others];
}

/** How many meters a site of this area has; on the logarithm of the area, with a draw for small ones. */
function metersWanted({ code, areaM2 }: CityInstitution, seed: number): number {
  if (areaM2 < SMALL_BELOW_M2)
    return Math.floor(between(SMALL_METERS[0], SMALL_METERS[1] + 1, unit(seed, code, 'meters')));
  const at = (low: number, high: number) => Math.min(1, Math.log(areaM2 / low) / Math.log(high / low));
  if (areaM2 >= BIG_FROM_M2) return Math.round(between(...BIG_METERS, at(BIG_FROM_M2, BIGGEST_M2)));
  return Math.round(between(...TYPICAL_METERS, at(SMALL_BELOW_M2, BIG_FROM_M2)));
}
