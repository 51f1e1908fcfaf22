import type { ApiProblem } from '../api/problem.ts';
import type { PollState } from './poller.ts';

/** How far a view made of several polls can be trusted. */
export interface Freshness {
  /** The oldest "as of" among the parts; null until all have answered once. */
  checkedAt: number | null;
  /** The first part that fails now. */
  problem: ApiProblem | null;
}

/** A view is as fresh as its oldest part and as broken as its worst. */
export function freshnessOf(parts: readonly PollState<unknown>[]): Freshness {
  const times = parts.map((part) => part.checkedAt);
  const known = times.filter((t) => t !== null);
  return {
    checkedAt: known.length === parts.length && known.length > 0 ? Math.min(...known) : null,
    problem: parts.find((part) => part.problem !== null)?.problem ?? null,
  };
}
