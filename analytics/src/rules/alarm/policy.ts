/** How alarms of each kind are told apart, and what closes them. */
import { DAY } from '@ganzhi/schemas';
import type { FindingKind } from '../detect/finding.ts';

export const STATES = ['open', 'acknowledged', 'assigned', 'resolved', 'confirmed'] as const;
export type AlarmState = (typeof STATES)[number];

/** How the data closed an alarm: over; never so; or part of a larger cause. */
export const OUTCOMES = ['over', 'unfounded', 'folded'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Found again at the same unit within this time, it is the same alarm. */
export const SAME_WITHIN_MS = 2 * DAY;

/** Nothing comes: from whom is a matter of folding, why (no answer, or nobody asked) of what failures have arrived. */
export const SILENCE: ReadonlySet<FindingKind> = new Set([
  'gap',
  'dead-slave',
  'bus-outage',
  'gateway-outage',
  'institution-outage',
  'division-outage',
]);

/** Kinds that may take each other's place at one unit while it is the same matter. */
export const familyOf = (kind: FindingKind): string => {
  if (SILENCE.has(kind)) return 'silence';
  return kind === 'ac-left-on' || kind === 'off-hours' ? 'left-on' : kind;
};

/**
 * Booked figures stay wrong or disputed until somebody corrects the record: the alarm closes when the ledger, computed anew, shows
 * nothing any more, and not when the meter is right again.
 */
const CORRECTED: ReadonlySet<FindingKind> = new Set([
  'reset',
  'replacement',
  'word-order',
  'backward',
  'implausible',
  'disorder',
  'ct-misset',
  'swapped-children',
]);
export const isCorrected = (kind: FindingKind): boolean => CORRECTED.has(kind);

/** How long the data may need to agree with who said that it is done: a leak wants three nights. */
export const graceMs = (kind: FindingKind): number => (kind === 'leak' ? 3 : 1) * DAY;
