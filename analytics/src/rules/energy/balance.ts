/**
 * Parent against children (rule V10, domain handbook §4): the residue of a balance, and the child that explains it best.
 */
import { add, compare, decimal, divide, isZero, negate, type Rational, subtract, ZERO } from './rational.ts';

export interface BalanceMeter {
  readonly code: string;
  /** Energy by day of the span, in order; null where it is not known. */
  readonly days: readonly (Rational | null)[];
}

export interface Explanation {
  readonly code: string;
  /** Share of the residue's squares that a multiple of this child accounts for, 0 to 1. */
  readonly explained: number;
  /** residue ≈ factor × child: 1 means the child shows half, −0.5 that it shows twice of what flows. */
  readonly factor: number;
}

export interface Balance {
  readonly parent: Rational | null;
  readonly children: Rational;
  readonly residue: Rational | null;
  /** residue / parent; null when either is unknown. */
  readonly share: number | null;
  /** undecidable: a child or the parent is not known on some day; the residue would blame the silent. */
  readonly verdict: 'within' | 'exceeded' | 'undecidable';
  /** Codes that lack a day. */
  readonly missing: readonly string[];
  /** Best first; only where the residue is beyond the limit. */
  readonly explanations: readonly Explanation[];
}

/** Largest residue by medium as a share of the parent: 5 % electricity, 8 % water (domain handbook §4). */
export const BALANCE_LIMITS: Readonly<Record<string, Rational>> = {
  electricity: decimal('0.05'),
  water: decimal('0.08'),
  gas: decimal('0.05'),
  heat: decimal('0.05'),
};

/** A child must account for this much of the residue to be named. */
const WORTH_NAMING = 0.5;

/** Judges one parent and its children over some days. */
export function balanceOf(parent: BalanceMeter, children: readonly BalanceMeter[], limit: Rational): Balance {
  const total = (meter: BalanceMeter): Rational =>
    meter.days.reduce<Rational>((all, day) => add(all, day ?? ZERO), ZERO);
  const missing = [parent, ...children].filter(({ days }) => days.includes(null)).map(({ code }) => code);
  const childrenTotal = children.map(total).reduce(add, ZERO);
  const parentTotal = parent.days.some((day) => day !== null) ? total(parent) : null;
  const residue = parentTotal && missing.length === 0 ? subtract(parentTotal, childrenTotal) : null;
  const share = residue && parentTotal && !isZero(parentTotal) ? divide(residue, parentTotal) : null;
  const magnitude = share && (share.num < 0n ? negate(share) : share);
  // a parent that stands still while its children move has no share, and yet is wrong
  const beyond = magnitude ? compare(magnitude, limit) > 0 : residue !== null && !isZero(residue);
  const verdict = residue === null ? 'undecidable' : beyond ? 'exceeded' : 'within';
  return {
    parent: parentTotal,
    children: childrenTotal,
    residue,
    share: share ? asNumber(share) : null,
    verdict,
    missing,
    explanations: verdict === 'exceeded' ? explanationsOf(parent, children) : [],
  };
}

/**
 * Least squares through zero of the daily residue on each child by itself: the child whose shape the residue repeats is the
 * likeliest to be wrong (ratio, phase, swapped), since a leak or an unmetered load has a shape of its own.
 */
function explanationsOf(parent: BalanceMeter, children: readonly BalanceMeter[]): Explanation[] {
  const residue = parent.days.map((day, i) =>
    asNumber(children.reduce<Rational>((left, child) => subtract(left, child.days[i] ?? ZERO), day ?? ZERO)),
  );
  const squares = residue.reduce((all, r) => all + r * r, 0);
  if (squares === 0) return [];
  return children
    .map(({ code, days }) => {
      const own = days.map((day) => asNumber(day ?? ZERO));
      const power = own.reduce((all, c) => all + c * c, 0);
      const product = own.reduce((all, c, i) => all + c * (residue[i] ?? 0), 0);
      return power === 0
        ? { code, explained: 0, factor: 0 }
        : { code, explained: (product * product) / (power * squares), factor: product / power };
    })
    .filter(({ explained }) => explained >= WORTH_NAMING)
    .sort((a, b) => b.explained - a.explained);
}

/** Statistics only; energy itself stays exact. */
const asNumber = (value: Rational): number => Number(value.num) / Number(value.den);
