import { templateById } from '../../firmware/index.ts';
import type { CensusMeter } from '../census/meter.ts';
import type { Fault } from './kinds.ts';

/**
 * What an operator has entered about a fault that was no secret: the exchange of a meter with both registers, or other
 * transformers from one moment to another. Registers are counts of the meter's resolution, times epoch milliseconds.
 */
export type RegistryEvent =
  | { event: 'replacement'; fault: string; meter: string; at: number; lastRegister: number; firstRegister: number }
  | { event: 'ratio'; fault: string; meter: string; at: number; ct: number; pt: number };

/** CT x PT that the server multiplies a meter's registers with when nobody tells it of a fault. */
export const recordedRatio = ({ template, ct, pt }: Pick<CensusMeter, 'template' | 'ct' | 'pt'>): number =>
  templateById(template).ratioInMeter ? 1 : ct * pt;

/**
 * What the registers would have to be multiplied with while a transformer is mis-set: they move `magnitude` times as fast
 * as the recorded ratio supposes.
 */
export const trueRatio = (meter: CensusMeter, magnitude: number): number =>
  Number((recordedRatio(meter) / magnitude).toPrecision(12));

/** The CT that a registry would have to hold for a mis-set one; undefined when the ratio is the meter's own or not whole. */
export function recordableCt(meter: CensusMeter, magnitude: number): number | undefined {
  if (templateById(meter.template).ratioInMeter) return undefined;
  const ct = Number((meter.ct / magnitude).toPrecision(12));
  return Number.isInteger(ct) && ct >= 1 ? ct : undefined;
}

/** The dated ratios of an announced change of transformers: the other one at its start, the former one at its end. */
export function ratioEvents(fault: Fault, meter: CensusMeter): RegistryEvent[] {
  const ct = recordableCt(meter, fault.magnitude);
  if (ct === undefined) return [];
  const common = { event: 'ratio', fault: fault.id, meter: meter.code, pt: meter.pt } as const;
  return [
    { ...common, at: fault.start, ct },
    { ...common, at: fault.end, ct: meter.ct },
  ];
}
