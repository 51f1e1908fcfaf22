import type { CensusMeter } from '../census/meter.ts';
import { meanPerHour } from '../census/meter.ts';
import type { ExtraFlow } from '../load/load-model.ts';
import { dayKind } from '../model/calendar.ts';
import { USE_PROFILES, useAt } from '../model/occupancy.ts';
import type { Fault } from './kinds.ts';

/** Use below this share of full use: nobody is there. */
const ABSENT = 0.2;

/**
 * What a leak or an air conditioner left on adds to the flow of the meter that it strikes and of all meters above it. Zero
 * at both ends, so that nothing of it lies outside [start, end).
 */
export function extraFlow({ kind, start, end, magnitude }: Fault, { flow }: Pick<CensusMeter, 'flow'>): ExtraFlow {
  const rate = magnitude * meanPerHour(flow);
  const within = (t: number) => t > start && t < end;
  if (kind === 'leak') return (t) => (within(t) ? rate : 0);
  const profile = USE_PROFILES[flow.typeCode];
  const absent = (t: number) => dayKind(t) !== 'workday' || useAt(profile, t) < ABSENT;
  return (t) => (within(t) && absent(t) ? rate : 0);
}
