/**
 * A period (day, month, year) from the hours and spans of one register, in energy counts: counts x ratio, primary units
 * of 10^-decimals. Multiplied late and added as integers.
 *
 * A span counts in the periods that hold it whole. One over a period's edge belongs to neither side, but to the longer
 * period that holds both: energy over midnight has no certain day and a certain month.
 */
import { SECOND } from '@ganzhi/schemas';
import type { HourEntry, SpanEntry } from './ledger.ts';

export interface PeriodTotal {
  readonly booked: bigint;
  readonly undistributed: bigint;
  readonly disputed: bigint;
  readonly coveredS: number;
  /** Covered part of the period, 0 to 1. */
  readonly coverage: number;
}

/** Totals of [fromTs, toTs), or undefined when nothing at all is known of it: a gap is not a zero. */
export function periodTotal(
  hours: readonly HourEntry[],
  spans: readonly SpanEntry[],
  fromTs: number,
  toTs: number,
): PeriodTotal | undefined {
  const inside = hours.filter(({ hour }) => hour >= fromTs && hour < toTs);
  const whole = spans.filter((span) => span.fromTs >= fromTs && span.toTs <= toTs);
  if (inside.length === 0 && whole.length === 0) return undefined;
  const coveredS = inside.reduce((sum, { coveredS }) => sum + coveredS, 0);
  return {
    booked: energy(inside),
    undistributed: energy(whole.filter((span) => span.class === 'undistributed')),
    disputed: energy(whole.filter((span) => span.class === 'disputed')),
    coveredS,
    coverage: (coveredS * SECOND) / (toTs - fromTs),
  };
}

const energy = (entries: readonly { counts: bigint; ratio: bigint }[]): bigint =>
  entries.reduce((sum, { counts, ratio }) => sum + counts * ratio, 0n);
