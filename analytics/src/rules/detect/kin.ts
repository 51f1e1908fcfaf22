import type { DetectMeter } from './blocks.ts';
import { type Finding, overlapMs } from './finding.ts';

/** What one meter shows, all meters above it show too: the deepest one keeps the finding. */
const FLOWS_THROUGH: ReadonlySet<string> = new Set(['leak', 'ac-left-on', 'off-hours', 'step-change']);
/** What explains more flow at the meters above. */
const EXPLAINS: ReadonlySet<string> = new Set(['leak', 'ac-left-on', 'ct-misset']);

/**
 * Findings of consumption without those that another one explains: two swapped meters are not two wrong ratios, and a leak below a
 * meter is not a second one at it.
 */
export function withoutEchoes(findings: readonly Finding[], meters: readonly DetectMeter[]): Finding[] {
  const parents = new Map(meters.map(({ id, parentId }) => [id, parentId]));
  const isBelow = (id: number, above: number): boolean => {
    const seen = new Set<number>();
    let at = parents.get(id) ?? null;
    while (at !== null && !seen.has(at)) {
      if (at === above) return true;
      seen.add(at);
      at = parents.get(at) ?? null;
    }
    return false;
  };
  const swaps = findings.filter(({ kind }) => kind === 'swapped-children');
  const causes = findings.filter(({ kind }) => EXPLAINS.has(kind));
  return findings.filter((finding) => {
    const [own = 0] = finding.meterIds;
    const meets = (other: Finding) => other !== finding && overlapMs(other, finding) > 0;
    if (finding.kind !== 'swapped-children' && swaps.some((swap) => swap.meterIds.includes(own) && meets(swap)))
      return false;
    return !(
      FLOWS_THROUGH.has(finding.kind) &&
      causes.some((cause) => meets(cause) && cause.meterIds.some((id) => isBelow(id, own)))
    );
  });
}
