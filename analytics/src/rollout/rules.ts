/** When a firmware roll-out goes on, waits or stops. Pure; times are epoch milliseconds, shares 0 to 1. */

export interface CohortFigures {
  /** Gateways of the present stage that were reached by the order. */
  gateways: number;
  /** Of those, how many refused the image, went back, or fell silent. */
  failed: number;
  /** Still on their way: ordered, or on trial. */
  underWay: number;
  /** Readings that were due in the time that is compared; 0: too early to say. */
  due: number;
  /** Readings that came in the same length of time before the order, and with the new image. */
  before: number;
  after: number;
  /** Every gateway that runs the image has been watched for the whole soak time. */
  watched: boolean;
}

export type Verdict = { verdict: 'wait' | 'good' } | { verdict: 'stop'; reason: string };

/**
 * Stops when more than `maxDrop` of the cohort failed, or when its completeness fell by more than `maxDrop` of what it was: before and
 * after are counted the same way on the same gateways, so a cohort that was bad already is not held against the image.
 */
export function judgeCohort(
  figures: CohortFigures,
  { maxDrop, stageOver }: { maxDrop: number; stageOver: boolean },
): Verdict {
  const { gateways, failed, underWay, due, before, after, watched } = figures;
  if (gateways > 0 && failed / gateways > maxDrop) {
    return { verdict: 'stop', reason: `${failed} of ${gateways} gateways did not keep the image` };
  }
  if (due > 0 && before > 0 && after < before * (1 - maxDrop)) {
    return { verdict: 'stop', reason: `completeness fell from ${percent(before / due)} to ${percent(after / due)}` };
  }
  return { verdict: stageOver && underWay === 0 && watched ? 'good' : 'wait' };
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
