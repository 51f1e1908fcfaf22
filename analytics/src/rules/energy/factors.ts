/**
 * Dated reference factors: conversion coefficients, densities, emission factors. Append-only on two time axes: valid from a
 * day on, and known since an instant; a correction is another record of the same day.
 */
import { compare, decimal, type Rational } from './rational.ts';

export const FACTOR_KINDS = ['coefficient', 'density', 'emission'] as const;
export type FactorKind = (typeof FACTOR_KINDS)[number];

export interface FactorVersion {
  readonly id: number;
  readonly kind: FactorKind;
  readonly carrier: string;
  /** Coefficient set, or region of an emission factor. */
  readonly variant: string;
  readonly value: Rational;
  /** Shanghai day, `2026-01-01`. */
  readonly validFrom: string;
  readonly recordedAt: number;
}

/** A variant stands on another one: what it does not say, that one says. */
export type VariantBases = ReadonlyMap<string, string | null>;

/**
 * The version in force on a day: the latest not after it, of the variant or, where it says nothing of the carrier, of its
 * base. For emission factors this is "the published factor of the nearest year not after the accounting year" (domain
 * handbook §2.2).
 *
 * @param knownOn only versions recorded up to this instant
 */
export function factorOn(
  versions: readonly FactorVersion[],
  bases: VariantBases,
  wanted: { kind: FactorKind; carrier: string; variant: string },
  day: string,
  knownOn = Number.POSITIVE_INFINITY,
): FactorVersion | undefined {
  const seen = new Set<string>();
  let variant: string | null | undefined = wanted.variant;
  while (variant && !seen.has(variant)) {
    const of = variant;
    const found = versions
      .filter(
        (one) =>
          one.kind === wanted.kind &&
          one.carrier === wanted.carrier &&
          one.variant === of &&
          one.validFrom <= day &&
          one.recordedAt <= knownOn,
      )
      .sort((a, b) => (a.validFrom === b.validFrom ? a.recordedAt - b.recordedAt : a.validFrom < b.validFrom ? -1 : 1))
      .at(-1);
    if (found) return found;
    seen.add(of);
    variant = bases.get(of);
  }
  return undefined;
}

export interface PlausibilityBand {
  readonly low: Rational;
  readonly high: Rational;
  readonly sourceDocument: string;
}

/** Whether a factor lies inside its band (domain handbook §2.1: electricity 0.1 to 1.0, gas 0.5 to 2.5, oil 1.0 to 2.0). */
export const isPlausible = (value: Rational, band: PlausibilityBand): boolean =>
  compare(value, band.low) >= 0 && compare(value, band.high) <= 0;

export const bandOf = (low: string, high: string, sourceDocument: string): PlausibilityBand => ({
  low: decimal(low),
  high: decimal(high),
  sourceDocument,
});
