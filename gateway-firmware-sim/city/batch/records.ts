import type { Fault } from '../faults/kinds.ts';
import { type RegistryEvent, ratioEvents } from '../faults/registry.ts';
import type { SimulatedMeter } from './simulated-meters.ts';

/** What operators have entered about the faults of a run: those that were announced, by time. */
export function recordsOf(faults: readonly Fault[], meters: readonly SimulatedMeter[]): RegistryEvent[] {
  const announced = faults.filter((fault) => fault.announced);
  if (announced.length === 0) return [];
  const byCode = new Map(meters.map((one) => [one.meter.code, one]));
  return announced
    .flatMap((fault) => {
      const struck = byCode.get(fault.meter);
      return struck ? recordsOfFault(fault, struck) : [];
    })
    .sort((a, b) => a.at - b.at || (a.meter < b.meter ? -1 : 1));
}

function recordsOfFault(fault: Fault, { meter, evidence }: SimulatedMeter): RegistryEvent[] {
  if (fault.kind === 'ct-misset') return ratioEvents(fault, meter);
  const { lastRegister, firstRegister } = evidence.get(fault.id) ?? {};
  if (fault.kind !== 'replacement' || lastRegister === undefined || firstRegister === undefined) return [];
  return [{ event: 'replacement', fault: fault.id, meter: meter.code, at: fault.start, lastRegister, firstRegister }];
}
