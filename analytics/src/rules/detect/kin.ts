import type { DetectMeter } from './blocks.ts';
import { type Finding, overlapMs } from './finding.ts';

/** What one meter shows, all meters above it show too: the deepest one keeps the finding. */
const FLOWS_THROUGH: ReadonlySet<string> = new Set(['leak', 'ac-left-on', 'off-hours', 'step-change']);
/** What explains more flow at the meters above. */
const EXPLAINS: ReadonlySet<string> = new Set(['leak', 'ac-left-on', 'ct-misset']);
/** What says less than those at the same meter. */
const VAGUE: ReadonlySet<string> = new Set(['off-hours', 'step-change']);

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
  const meets = (a: Finding, b: Finding) => a !== b && overlapMs(a, b) > 0;
  const swaps = findings.filter(({ kind }) => kind === 'swapped-children');
  const apart = findings.filter(
    (finding) =>
      finding.kind === 'swapped-children' ||
      !swaps.some((swap) => swap.meterIds.includes(ownOf(finding)) && meets(swap, finding)),
  );
  const causes = apart.filter(({ kind }) => EXPLAINS.has(kind));
  return apart.filter((finding) => {
    const own = ownOf(finding);
    const isSaid = VAGUE.has(finding.kind) && causes.some((cause) => ownOf(cause) === own && meets(cause, finding));
    const below = FLOWS_THROUGH.has(finding.kind)
      ? causes.filter((cause) => meets(cause, finding) && cause.meterIds.some((id) => isBelow(id, own)))
      : [];
    return !isSaid && !explains(below, finding);
  });
}

/** Two leaks may run at once: those below must come to half of what this one shows, where amounts are known. */
const EXPLAINED = 0.5;

function explains(causes: readonly Finding[], { extra }: Finding): boolean {
  const amounts = causes.map((cause) => cause.extra?.perMonth);
  if (extra === undefined || amounts.includes(undefined)) return causes.length > 0;
  return amounts.reduce<number>((sum, amount) => sum + (amount ?? 0), 0) > EXPLAINED * extra.perMonth;
}

const ownOf = ({ meterIds }: Finding): number => meterIds[0] ?? 0;
