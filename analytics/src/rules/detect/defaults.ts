import type { LeakThresholds } from './leak.ts';
import type { LeftOnThresholds } from './left-on.ts';
import type { RatioThresholds } from './ratio.ts';
import type { SwapThresholds } from './swap.ts';

/** Thresholds of the detectors that rest on consumption, for one type of institution. */
export interface Thresholds {
  readonly leak: LeakThresholds;
  readonly leftOn: LeftOnThresholds;
  readonly ratio: RatioThresholds;
  readonly swap: SwapThresholds;
}

/** Night flow as a share of the mean flow that is usual where people are at night too; 0.1 elsewhere (domain handbook §4). */
const NIGHT_SHARE: Readonly<Record<string, number>> = { hospital: 0.75, police: 0.75, university: 0.45 };

export const defaultThresholds = (typeCode: string): Thresholds => ({
  leak: { nights: 3, share: NIGHT_SHARE[typeCode] ?? 0.1, rise: 0.15 },
  leftOn: { rise: 0.5, hours: 6 },
  ratio: { change: 0.12, hours: 36 },
  swap: { hours: 48, difference: 0.012, balance: 0.05 },
});
