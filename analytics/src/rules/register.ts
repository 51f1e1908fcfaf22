/** What one register is and how two readings of it compare. Counts are integers of the point's resolution. */

import { MINUTE, SECOND } from '@ganzhi/schemas';
import type { Edit } from './edit.ts';
import type { RatioRecord } from './ratio.ts';
import type { Replacement } from './replacement.ts';
import type { StepLimits } from './vee-rules.ts';

export interface RegisterReading {
  /** Epoch milliseconds. */
  readonly ts: number;
  readonly counts: bigint;
  /** How the register came to be known. Default: measured. */
  readonly source?: Source;
}

/** Sources a register can have, best first; what is booked from two readings has the worse of the two. */
export const SOURCES = ['measured', 'manual', 'estimated'] as const;
export type Source = (typeof SOURCES)[number];

export const worse = (a: Source, b: Source): Source => (SOURCES.indexOf(a) < SOURCES.indexOf(b) ? b : a);

/** The facts of a register that the rules need. */
export interface RegisterFacts {
  /** How often a value is expected, seconds: the measure of coverage. */
  readonly intervalS: number;
  /** Counts at which the register returns to zero; null where the manual names none. */
  readonly modulus: bigint | null;
  /** In order, from `ratioTimeline`. */
  readonly ratios: readonly RatioRecord[];
  /** Largest movement of an hour that the installation allows, counts; absent where nobody wrote it down. */
  readonly maxPerHour?: bigint | null;
  /** Announced replacements, ascending. */
  readonly replacements?: readonly Replacement[];
  /** Dated thresholds of V2 and V4, ascending; absent: the handbook's. */
  readonly limits?: readonly StepLimits[];
  /** What persons decided about readings and steps, approved ones only. */
  readonly edits?: readonly Edit[];
}

/**
 * The longest step that may be booked into hours, milliseconds. Neighbours up to 30 minutes apart may be interpolated
 * (domain handbook §3.1); a meter read less often is judged by its own interval, with half of one as tolerance.
 */
export const longestStepMs = (facts: RegisterFacts): number => Math.max(30 * MINUTE, toleratedMs(facts));

/** Up to here a step is as expected and bears out its whole length. */
export const toleratedMs = (facts: RegisterFacts): number => 1.5 * facts.intervalS * SECOND;

/** Register x ratio beyond which no meter counts (10^14 kWh at two decimals): keeps every sum inside int8. */
const LARGEST = 10_000_000_000_000_000n;

/** Largest absolute count that can be a register of this meter; a value beyond is not used for the ledger. */
export function largestRegister(facts: RegisterFacts): bigint {
  const limits = facts.ratios.map(({ ratio }) => LARGEST / ratio);
  return limits.sort((a, b) => (a < b ? -1 : 1))[0] ?? LARGEST;
}

export interface Movement {
  /** Counts; negative for a register that went back. */
  readonly counts: bigint;
  readonly rolledOver: boolean;
}

/**
 * Movement from one register to the next (domain handbook §3.1, TV-09). A register that fell from the last tenth of its
 * range into the first has rolled over; any other fall is a negative movement, for a person to explain.
 */
export function movementBetween(r0: bigint, r1: bigint, modulus: bigint | null): Movement {
  const rolledOver = modulus !== null && r0 < modulus && r0 * 10n > modulus * 9n && r1 >= 0n && r1 * 10n < modulus;
  return { counts: rolledOver ? r1 + modulus - r0 : r1 - r0, rolledOver };
}
