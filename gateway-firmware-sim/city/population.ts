import { type CityDivision, DIVISIONS, type InstitutionType, TYPES } from './population/catalogue.ts';
import { type CityInstitution, makeInstitutions } from './population/institutions.ts';
import { type CityGateway, type CityMeter, gatewayOf, metersOf, pickSites } from './population/metering.ts';
import { type CityQuota, makeQuotas } from './population/quotas.ts';

export type { CityDivision, InstitutionType, TypeCode } from './population/catalogue.ts';
export type { CityInstitution } from './population/institutions.ts';
export type { CityGateway, CityMeter } from './population/metering.ts';
export type { CityQuota } from './population/quotas.ts';

export interface CityPopulation {
  divisions: readonly CityDivision[];
  types: readonly InstitutionType[];
  institutions: readonly CityInstitution[];
  /** One per metered site. */
  gateways: readonly CityGateway[];
  /** Parents stand before their children. */
  meters: readonly CityMeter[];
  /** One per institution, for the year the caller books it in. */
  quotas: readonly CityQuota[];
}

export const DEFAULT_SEED = 20_201_231;
export const DEFAULT_SITES = 24;

/**
 * The registry of the simulated city: pure, and the same for the same seed. More sites never change the ones before.
 *
 * @param sites how many institutions are metered live, 0 to 1,960
 */
export function makePopulation({ seed = DEFAULT_SEED, sites = DEFAULT_SITES } = {}): CityPopulation {
  const institutions = makeInstitutions(seed);
  const metered = pickSites(institutions, sites);
  const partYear = new Set(metered.filter((_, index) => index % 8 === 6).map(({ code }) => code));
  return {
    divisions: DIVISIONS.map(({ code, parentCode, nameZh, nameEn, sortOrder }) => ({
      code,
      parentCode,
      nameZh,
      nameEn,
      sortOrder,
    })),
    types: TYPES,
    institutions,
    gateways: metered.map(gatewayOf),
    meters: metered.flatMap((site, index) => metersOf(site, index, seed)),
    quotas: makeQuotas(institutions, seed, partYear),
  };
}
