/**
 * Comprehensive energy and carbon of an institution (GB/T 2589-2020; domain handbook §2.1 to §2.3).
 *
 * E = Σ quantity × density × coefficient, kgce. Water is a resource of its own and is never converted. Carbon is location
 * based; what is produced and used on the spot counts as energy, but not as emission.
 */
import { type FactorVersion, factorOn, type VariantBases } from './factors.ts';
import { add, divide, isZero, multiply, ONE, type Rational, sum, ZERO } from './rational.ts';

export interface Carrier {
  readonly code: string;
  readonly unit: string;
  /** Part of comprehensive energy; false for water. */
  readonly converted: boolean;
  /** Its use emits (or did, at the power station); false for what the roof produces. */
  readonly emits: boolean;
}

/** What was used of one carrier. Energy passed on to third parties is taken off before. */
export interface CarrierUse {
  readonly carrier: string;
  /** In the carrier's unit. */
  readonly quantity: Rational;
  /** Fuel of vehicles: not part of energy per area (handbook §2.3). */
  readonly vehicle: boolean;
}

export interface FactorTable {
  readonly versions: readonly FactorVersion[];
  readonly bases: VariantBases;
  /** Code of the coefficient set: results of two sets cannot be compared (handbook §0.7). */
  readonly coefficientSet: string;
  readonly emissionRegion: string;
  /** Only what was known by then; default: all. */
  readonly knownOn?: number;
}

export interface Conversion extends CarrierUse {
  /** Null when a factor is missing, or the carrier is not converted. */
  readonly kgce: Rational | null;
  readonly kgCo2: Rational | null;
  /** Ids of the versions that were used. */
  readonly versions: readonly number[];
  /** Kinds of factor that are missing. */
  readonly missing: readonly FactorVersion['kind'][];
}

/** Converts each use with the factors in force on `day`, the last day of the accounting period. */
export function convert(
  uses: readonly CarrierUse[],
  carriers: readonly Carrier[],
  table: FactorTable,
  day: string,
): Conversion[] {
  const byCode = new Map(carriers.map((carrier) => [carrier.code, carrier]));
  return uses.map((use) => {
    const carrier = byCode.get(use.carrier);
    if (!carrier?.converted) return { ...use, kgce: null, kgCo2: null, versions: [], missing: [] };
    const find = (kind: FactorVersion['kind'], variant: string) =>
      factorOn(table.versions, table.bases, { kind, carrier: use.carrier, variant }, day, table.knownOn);
    const density = find('density', table.coefficientSet);
    const coefficient = find('coefficient', table.coefficientSet);
    const emission = carrier.emits ? find('emission', table.emissionRegion) : undefined;
    const mass = multiply(use.quantity, density?.value ?? ONE);
    return {
      ...use,
      kgce: coefficient ? multiply(mass, coefficient.value) : null,
      kgCo2: carrier.emits ? (emission ? multiply(mass, emission.value) : null) : ZERO,
      versions: [density, coefficient, emission].flatMap((one) => (one ? [one.id] : [])),
      missing: [
        ...(coefficient ? [] : (['coefficient'] as const)),
        ...(emission || !carrier.emits ? [] : (['emission'] as const)),
      ],
    };
  });
}

export interface Intensities {
  /** All converted carriers, kgce. */
  readonly comprehensiveKgce: Rational;
  /** (E − vehicle fuel) / A; null without an area. */
  readonly perAreaKgce: Rational | null;
  /** E / P, vehicle fuel included; null without users. */
  readonly perCapitaKgce: Rational | null;
  readonly waterM3: Rational;
  readonly waterPerCapitaM3: Rational | null;
  readonly carbonKg: Rational;
  readonly carbonPerAreaKg: Rational | null;
}

/** What several institutions add up to before any division: aggregates are ratios of sums, never means of ratios. */
export interface Sums {
  readonly kgce: Rational;
  readonly vehicleKgce: Rational;
  readonly kgCo2: Rational;
  readonly waterM3: Rational;
  readonly areaM2: Rational;
  readonly persons: Rational;
}

export const NO_SUMS: Sums = {
  kgce: ZERO,
  vehicleKgce: ZERO,
  kgCo2: ZERO,
  waterM3: ZERO,
  areaM2: ZERO,
  persons: ZERO,
};

export function sumsOf(
  conversions: readonly Conversion[],
  base: { waterM3: Rational; areaM2: Rational; persons: Rational },
): Sums {
  const total = (pick: (one: Conversion) => Rational | null) => sum(conversions.map((one) => pick(one) ?? ZERO));
  return {
    kgce: total((one) => one.kgce),
    vehicleKgce: total((one) => (one.vehicle ? one.kgce : ZERO)),
    kgCo2: total((one) => one.kgCo2),
    ...base,
  };
}

export const addSums = (a: Sums, b: Sums): Sums => ({
  kgce: add(a.kgce, b.kgce),
  vehicleKgce: add(a.vehicleKgce, b.vehicleKgce),
  kgCo2: add(a.kgCo2, b.kgCo2),
  waterM3: add(a.waterM3, b.waterM3),
  areaM2: add(a.areaM2, b.areaM2),
  persons: add(a.persons, b.persons),
});

/** The indicators of handbook §2.3, of one institution or of many added up. */
export function intensities(sums: Sums): Intensities {
  const per = (value: Rational, by: Rational) => (isZero(by) ? null : divide(value, by));
  const building = add(sums.kgce, { num: -sums.vehicleKgce.num, den: sums.vehicleKgce.den });
  return {
    comprehensiveKgce: sums.kgce,
    perAreaKgce: per(building, sums.areaM2),
    perCapitaKgce: per(sums.kgce, sums.persons),
    waterM3: sums.waterM3,
    waterPerCapitaM3: per(sums.waterM3, sums.persons),
    carbonKg: sums.kgCo2,
    carbonPerAreaKg: per(sums.kgCo2, sums.areaM2),
  };
}
