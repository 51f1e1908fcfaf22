import { SECOND } from '@ganzhi/schemas';
import type { Fault } from './kinds.ts';

/** The stamp that a gateway with drifting clock gives to a moment: further off from start to end, then set right again. */
export function driftingStamp(faults: readonly Fault[]): (t: number) => number {
  const drifts = faults.filter(({ kind }) => kind === 'clock-drift');
  return (t) => {
    const drift = drifts.find(({ start, end }) => t >= start && t < end);
    if (!drift) return t;
    const { start, end, magnitude } = drift;
    return t + Math.round((magnitude * (t - start)) / (end - start)) * SECOND;
  };
}
