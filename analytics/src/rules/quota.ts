/**
 * The verdict on a quota (design §7, domain handbook §2.5): within, over or undecidable, with the bounds it rests on.
 *
 * The bounds hold for the part of the year that has passed; a forecast to its end is never part of a verdict.
 * - low: what is certain. Booked and undistributed energy, less disputed energy that may yet be taken back.
 * - high: what is possible. Low's energy and the disputed, and the unobserved time at the mean of the observed.
 *
 * `over` needs certainty only: low beyond the constraint stays over, whatever is missing. `within` needs sight: at least
 * 90 % of the elapsed time observed (completeness floor, handbook §4) and even the high bound not beyond the constraint.
 * All else is `undecidable`, and so is a period without any data: missing is never zero.
 */
export type Verdict = 'within' | 'over' | 'undecidable';

export interface QuotaInput {
  /** Booked plus undistributed energy of the elapsed period, kWh; null when nothing is known. */
  consumptionKwh: number | null;
  /** Observed part of the elapsed period, 0 to 1. */
  coverage: number;
  /** The constraint value (约束值) of the whole period, kWh, above 0. A consumption equal to it is within (TV-07). */
  constraintKwh: number;
  /** Sum of the disputed spans, kWh, usually negative (a register that went back). Default 0. */
  disputedKwh?: number;
}

export interface QuotaVerdict {
  verdict: Verdict;
  lowKwh: number;
  /** Null when no bound can be given: nothing was observed. */
  highKwh: number | null;
  /** Consumption by constraint (0.62 is 62 %); null when nothing is known. "At least", where coverage is below 1. */
  share: number | null;
}

/** Observed share of the elapsed time below which nothing is called within. */
export const COVERAGE_FLOOR = 0.9;

/** Judges a consumption against its constraint; see above for the rule. Pure, never throws. */
export function verdict(input: QuotaInput): QuotaVerdict {
  const { consumptionKwh, constraintKwh, disputedKwh = 0 } = input;
  if (consumptionKwh === null) return { verdict: 'undecidable', lowKwh: 0, highKwh: null, share: null };
  const coverage = Math.min(1, Math.max(0, input.coverage));
  const lowKwh = Math.max(0, consumptionKwh + Math.min(0, disputedKwh));
  const highKwh = coverage > 0 ? (consumptionKwh + Math.max(0, disputedKwh)) / coverage : null;
  return {
    verdict: decide(lowKwh, highKwh, coverage, constraintKwh),
    lowKwh,
    highKwh,
    share: consumptionKwh / constraintKwh,
  };
}

function decide(low: number, high: number | null, coverage: number, constraint: number): Verdict {
  if (low > constraint) return 'over';
  if (high === null || coverage < COVERAGE_FLOOR || high > constraint) return 'undecidable';
  return 'within';
}
