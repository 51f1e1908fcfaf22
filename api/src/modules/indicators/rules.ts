import {
  addSums,
  type CarrierUse,
  changeRate,
  convert,
  type FactorTable,
  intensities,
  NO_SUMS,
  rational,
  type Sums,
  sumsOf,
} from '@ganzhi/analytics/rules';
import type { z } from 'zod';
import type { Base } from '../../energy/base.ts';
import type { Child, Part } from '../../energy/parts.ts';
import type { Reference } from '../../energy/reference.ts';
import { addMonths, type Days } from '../../lib/day.ts';
import type {
  CarrierFigure as CarrierShape,
  Figures as FiguresShape,
  IndicatorTotals,
  InstitutionIndicators,
} from './schema.ts';

type Rational = rational.Rational;
export type Figures = z.infer<typeof FiguresShape>;
type CarrierFigure = z.infer<typeof CarrierShape>;

export interface Choice {
  coefficientSet: string;
  emissionRegion: string;
  knownOn?: number | undefined;
}

export interface Known {
  parts: readonly Part[];
  children: readonly Child[];
  base: Base;
}

/** Figures with the exact sums behind them, so that groups add up before they divide. */
export interface Computed {
  figures: Figures;
  sums: Sums;
}

const number = (value: Rational | null | undefined): number | null => (value ? rational.toNumber(value) : null);

/** Factors as a choice means them. */
export const factorTable = (reference: Reference, choice: Choice): FactorTable => ({
  versions: reference.versions,
  bases: reference.bases,
  coefficientSet: choice.coefficientSet,
  emissionRegion: choice.emissionRegion,
  ...(choice.knownOn === undefined ? {} : { knownOn: choice.knownOn }),
});

/** Indicators of one institution (domain handbook §2.3) from what is known of it. */
export function figuresOf(known: Known, reference: Reference, days: Days, choice: Choice): Computed {
  const { base } = known;
  const lastDay = new Date(Date.parse(days.to) - 1).toISOString().slice(0, 10);
  const table = factorTable(reference, choice);
  const uses = usesOf(known.parts);
  const conversions = convert(uses, reference.carriers, table, lastDay);
  const codes = reference.carriers
    .map(({ code }) => code)
    .filter((code) => uses.some((use) => use.carrier === code) || known.children.some((one) => one.carrier === code));
  const carriers = codes.map((code) => carrierFigure(code, known, conversions, reference));
  const water = quantityOf(known.parts.filter(({ carrier }) => carrier === 'water'));
  const sums = sumsOf(conversions, { waterM3: water ?? rational.ZERO, areaM2: base.areaM2, persons: base.persons });
  const result = intensities(sums);
  const anyEnergy = conversions.some(({ kgce }) => kgce !== null);
  const ifEnergy = (value: Rational | null) => (anyEnergy ? number(value) : null);
  const missingFactors = conversions.flatMap(({ carrier, missing }) => missing.map((kind) => ({ carrier, kind })));
  return {
    sums,
    figures: {
      from: days.from,
      to: days.to,
      coefficientSet: choice.coefficientSet,
      emissionRegion: choice.emissionRegion,
      carriers,
      comprehensiveKgce: ifEnergy(result.comprehensiveKgce),
      perAreaKgce: ifEnergy(result.perAreaKgce),
      perCapitaKgce: ifEnergy(result.perCapitaKgce),
      waterM3: water ? number(water) : null,
      waterPerCapitaM3: water ? number(result.waterPerCapitaM3) : null,
      carbonKg: ifEnergy(result.carbonKg),
      carbonPerAreaKg: ifEnergy(result.carbonPerAreaKg),
      areaM2: rational.toNumber(base.areaM2),
      persons: rational.toNumber(base.persons),
      // a carrier without a factor is missing from the sum, like a meter
      atLeast: carriers.some((one) => one.atLeast) || missingFactors.length > 0,
      missing: carriers.flatMap((one) => one.missing),
      missingFactors,
      versions: {
        factors: [...new Set(conversions.flatMap(({ versions }) => versions))].sort((a, b) => a - b),
        area: base.areaVersions ? [...base.areaVersions] : null,
        persons: base.personsVersions ? [...base.personsVersions] : null,
      },
    },
  };
}

/** Quantities by carrier and purpose, as they are converted. */
export function usesOf(parts: readonly Pick<Part, 'carrier' | 'purpose' | 'quantity'>[]): CarrierUse[] {
  const groups = Map.groupBy(parts, ({ carrier, purpose }) => `${carrier}/${purpose}`);
  return Array.from(groups.values()).flatMap((group) => {
    const [first] = group;
    const quantity = quantityOf(group);
    return first && quantity ? [{ carrier: first.carrier, quantity, vehicle: first.purpose === 'vehicle' }] : [];
  });
}

const quantityOf = (parts: readonly Pick<Part, 'quantity'>[]): Rational | undefined =>
  parts.length === 0 ? undefined : rational.sum(parts.map(({ quantity }) => rational.decimal(quantity)));

function carrierFigure(
  code: string,
  { parts, children }: Known,
  conversions: ReturnType<typeof convert>,
  reference: Reference,
): CarrierFigure {
  const mine = parts.filter(({ carrier }) => carrier === code);
  const quantity = quantityOf(mine);
  const due = children.filter(({ carrier }) => carrier === code);
  const missing = due.filter((child) => child.missing).map(({ name }) => name);
  const converted = conversions.filter(({ carrier }) => carrier === code);
  const total = (pick: (one: (typeof converted)[number]) => Rational | null): number | null => {
    const values = converted.flatMap((one) => pick(one) ?? []);
    return values.length === 0 ? null : number(rational.sum(values));
  };
  return {
    carrier: code,
    unit: reference.carriers.find((one) => one.code === code)?.unit ?? '',
    quantity: number(quantity),
    vehicleQuantity: number(quantityOf(mine.filter(({ purpose }) => purpose === 'vehicle'))) ?? 0,
    shares: sharesOf(mine, quantity),
    coverage: due.length === 0 ? null : due.reduce((sum, { coverage }) => sum + Math.min(1, coverage), 0) / due.length,
    atLeast: missing.length > 0,
    missing,
    kgce: total(({ kgce }) => kgce),
    carbonKg: total(({ kgCo2 }) => kgCo2),
  };
}

/** Energy passed on lowers the class it was measured in. */
function sharesOf(parts: readonly Part[], quantity: Rational | undefined): CarrierFigure['shares'] {
  if (!quantity || rational.isZero(quantity)) return {};
  const byClass = Map.groupBy(parts, (part) => part.class);
  return Object.fromEntries(
    Array.from(byClass, ([kind, group]) => {
      const part = quantityOf(group) ?? rational.ZERO;
      return [kind, rational.toNumber(rational.divide(part, quantity))];
    }),
  );
}

/** Changes from `before` to `now`, both over the same number of days. */
export function changeOf(now: Figures, before: Figures): z.infer<typeof InstitutionIndicators>['yearOnYear'] {
  const rate = (pick: (figures: Figures) => number | null): number | null => {
    const [a, b] = [pick(now), pick(before)].map((value) =>
      value === null ? null : rational.decimal(value.toFixed(6)),
    );
    return number(changeRate(a ?? null, b ?? null));
  };
  return {
    from: before.from,
    to: before.to,
    comprehensive: rate((one) => one.comprehensiveKgce),
    perArea: rate((one) => one.perAreaKgce),
    perCapita: rate((one) => one.perCapitaKgce),
    waterPerCapita: rate((one) => one.waterPerCapitaM3),
    carbon: rate((one) => one.carbonKg),
    comparable: !now.atLeast && !before.atLeast,
  };
}

/** The same days a year, or a month, earlier; the last day of a longer month has no twin and is cut. */
export const earlier = (days: Days, months: number): Days => ({
  from: addMonths(days.from, -months),
  to: addMonths(days.to, -months),
});

/** Totals below this many institutions would tell of single ones (domain handbook §5). */
export const SMALLEST_GROUP = 3;

/** Many institutions: ratios of sums, never means of ratios. */
export function totalsOf(all: readonly Computed[], days: Days): z.infer<typeof IndicatorTotals> {
  const shown = all.length >= SMALLEST_GROUP;
  const sums = all.map((one) => one.sums).reduce(addSums, NO_SUMS);
  const result = intensities(sums);
  const figure = (value: Rational | null): number | null => (shown ? number(value) : null);
  return {
    from: days.from,
    to: days.to,
    institutions: all.length,
    comprehensiveKgce: figure(result.comprehensiveKgce),
    perAreaKgce: figure(result.perAreaKgce),
    perCapitaKgce: figure(result.perCapitaKgce),
    waterPerCapitaM3: figure(result.waterPerCapitaM3),
    carbonKg: figure(result.carbonKg),
    carbonPerAreaKg: figure(result.carbonPerAreaKg),
    atLeastInstitutions: all.filter((one) => one.figures.atLeast).length,
    versions: {
      factors: [...new Set(all.flatMap((one) => one.figures.versions.factors))].sort((a, b) => a - b),
    },
  };
}
