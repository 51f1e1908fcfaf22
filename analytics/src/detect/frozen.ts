import { atMeter, type Finding } from '../rules/detect/finding.ts';
import type { loadDecisions } from './registers.ts';

/** Displays that stood still: plateaus that the classifier has set aside. */
export const frozenFindings = (decisions: Awaited<ReturnType<typeof loadDecisions>>): Finding[] =>
  decisions.flatMap(({ meterId, kind, fromTs, toTs, evidence }) =>
    kind === 'frozen'
      ? atMeter(meterId, {
          kind: 'frozen',
          fromMs: fromTs,
          toMs: toTs,
          evidence: { register: evidence.r0 ?? '', readings: evidence.readings ?? 0 },
        })
      : [],
  );
