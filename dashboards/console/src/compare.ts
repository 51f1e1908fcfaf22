/** Below this coverage on either side a comparison of two sums says more about the gaps than about consumption. */
const COMPARABLE_COVERAGE = 0.9;

/**
 * The relative change from `before` to `now`, or null when it would mislead: a side is unknown, too thinly covered, or
 * there was nothing to compare with.
 */
export function changeOf(
  now: { consumption: number | null; coverage: number | null },
  before: { consumption: number | null; coverage: number | null },
): number | null {
  if (now.consumption === null || before.consumption === null || before.consumption <= 0) return null;
  if ((now.coverage ?? 0) < COMPARABLE_COVERAGE || (before.coverage ?? 0) < COMPARABLE_COVERAGE) return null;
  return now.consumption / before.consumption - 1;
}
