/** What the classifier (or a person) decided about a register, with the evidence that a reader can recompute it from. */

/** Number of the rules that classify and book. A change of results is a new number. */
export const LEDGER_RULE = 3;

export const DECISION_KINDS = [
  'rollover',
  'replacement',
  'reset',
  'transient-zero',
  'spike',
  'frozen',
  'word-order',
  'backward',
  'implausible',
  'disorder',
  'rejected',
  'held',
] as const;
export type DecisionKind = (typeof DECISION_KINDS)[number];

/**
 * - `set-aside`: the readings strictly between `fromTs` and `toTs` are no registers; the step goes past them;
 * - `disputed`: the energy of the step from `fromTs` to `toTs` waits for a person;
 * - `moved`: the step moved forward in a way that the bare registers do not show (rollover, replacement).
 */
export type DecisionEffect = 'set-aside' | 'disputed' | 'moved';

export interface Decision {
  readonly fromTs: number;
  readonly toTs: number;
  readonly kind: DecisionKind;
  readonly effect: DecisionEffect;
  readonly evidence: DecisionEvidence;
}

/** Counts and Shanghai times as text, so that nothing is lost in JSON. */
export interface DecisionEvidence {
  /** Registers before and after; absent at the edge of what is known. */
  readonly r0?: string;
  readonly r1?: string;
  readonly t0?: string;
  readonly t1?: string;
  /** Readings set aside: how many, and the first of them. */
  readonly readings?: number;
  readonly first?: string;
  readonly modulus?: string;
  /** Counts per hour that neighbouring steps reach, where the decision rests on it. */
  readonly usualPerHour?: number;
  /** Counts per hour of the step in question. */
  readonly foundPerHour?: number;
  /** Registers of an announced replacement. */
  readonly closing?: string;
  readonly opening?: string;
  /** Number of the person's edit behind it. */
  readonly edit?: number;
}
