import { convert, intensities, rational, sumsOf } from '@ganzhi/analytics/rules';
import type { z } from 'zod';
import type { Reference } from '../../energy/reference.ts';
import type { Days } from '../../lib/day.ts';
import type { ReadFigures } from '../consumption/read.ts';
import { type Choice, factorTable } from '../indicators/rules.ts';
import type { BuildingIndicators } from './schema.ts';
import type { BuildingRow } from './sql.ts';

export interface MediumFigures {
  medium: string;
  meters: number;
  figures: ReadFigures;
}

const NANO = 10n ** 9n;

/** Indicators of a building from its meters (domain handbook §2.3), media without a meter left out. */
export function buildingIndicators(
  building: BuildingRow,
  media: readonly MediumFigures[],
  reference: Reference,
  days: Days,
  choice: Choice,
): z.infer<typeof BuildingIndicators> {
  const lastDay = new Date(Date.parse(days.to) - 1).toISOString().slice(0, 10);
  const table = factorTable(reference, choice);
  const metered = media.flatMap(({ medium, meters, figures }) => {
    const carrier = reference.carriers.find((one) => one.medium === medium);
    if (!carrier || meters === 0) return [];
    const quantity = figures.consumption === null ? null : rational.fraction(figures.consumption, NANO);
    const uses = quantity ? [{ carrier: carrier.code, quantity, vehicle: false }] : [];
    const conversions = convert(uses, reference.carriers, table, lastDay);
    return [{ medium, carrier, quantity, conversions, figures }];
  });
  const conversions = metered.flatMap((one) => one.conversions);
  const area = building.areaM2 === null ? rational.ZERO : rational.decimal(building.areaM2);
  const base = { waterM3: rational.ZERO, areaM2: area, persons: rational.ZERO };
  const result = intensities(sumsOf(conversions, base));
  const isKnown = conversions.some(({ kgce }) => kgce !== null);
  const ifKnown = (value: rational.Rational | null) => (isKnown && value ? rational.toNumber(value) : null);
  const electricity = metered.find(({ medium }) => medium === 'electricity')?.quantity;
  const missing = [...new Set(metered.flatMap(({ figures }) => figures.missing))];
  const lacksFactor = conversions.some((one) => one.missing.length > 0);
  const marks = metered.map(({ figures }) => figures.watermark);
  return {
    buildingId: building.id,
    ...days,
    coefficientSet: choice.coefficientSet,
    emissionRegion: choice.emissionRegion,
    areaM2: building.areaM2 === null ? null : Number(building.areaM2),
    carriers: metered.map(({ carrier, quantity, figures, conversions: [conversion] }) => ({
      carrier: carrier.code,
      unit: carrier.unit,
      quantity: quantity && rational.toNumber(quantity),
      coverage: figures.coverage,
      atLeast: figures.missing.length > 0,
      missing: figures.missing,
      kgce: conversion?.kgce ? rational.toNumber(conversion.kgce) : null,
      carbonKg: conversion?.kgCo2 ? rational.toNumber(conversion.kgCo2) : null,
    })),
    comprehensiveKgce: ifKnown(result.comprehensiveKgce),
    perAreaKgce: ifKnown(result.perAreaKgce),
    electricityPerAreaKwh:
      electricity && !rational.isZero(area) ? rational.toNumber(rational.divide(electricity, area)) : null,
    carbonKg: ifKnown(result.carbonKg),
    carbonPerAreaKg: ifKnown(result.carbonPerAreaKg),
    atLeast: missing.length > 0 || lacksFactor,
    missing,
    watermark: marks.includes(null) ? null : (marks.sort()[0] ?? null),
    versions: { factors: [...new Set(conversions.flatMap(({ versions }) => versions))].sort((a, b) => a - b) },
  };
}
