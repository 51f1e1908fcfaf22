import { HOUR, MINUTE } from '@ganzhi/schemas';
import type { CensusMeter } from '../census/meter.ts';
import { extraFlow } from './flow.ts';
import type { Fault } from './kinds.ts';
import type { Display } from './register.ts';
import { recordedRatio, trueRatio } from './registry.ts';

/** Figures of one fault at one meter that a judge needs and cannot draw from kind and magnitude. */
export interface Evidence {
  /** Counts that the register shows at `start`: of the old meter, or of what it would be without the fault. */
  lastRegister?: number;
  /** Counts that it shows instead: of the new meter, after the reset, of the spike, frozen. */
  firstRegister?: number;
  /** CT x PT by which the server multiplies, and by which it would have to. */
  recordedRatio?: number;
  trueRatio?: number;
  /** Primary units per hour that flow in addition while they do, and over the whole fault. */
  addedPerHour?: number;
  added?: number;
}

export interface EvidenceContext {
  meter: CensusMeter;
  /** What the meter shows without this fault, and with it. */
  before: Display;
  after: Display;
  /** Counts that the server makes of an amount. */
  shown: (amount: number) => number;
}

const KNOT_MS = 15 * MINUTE;

/** What the truth says of a fault at a meter beside what was drawn; empty for faults of gateways. */
export function evidenceOf(fault: Fault, context: EvidenceContext): Evidence {
  const { meter, before, after, shown } = context;
  switch (fault.kind) {
    case 'spike':
    case 'frozen':
    case 'reset':
    case 'replacement':
      return {
        lastRegister: shown(before(fault.start).amount),
        firstRegister: shown(after(fault.start).amount),
      };
    case 'ct-misset':
      return { recordedRatio: recordedRatio(meter), trueRatio: trueRatio(meter, fault.magnitude) };
    case 'leak':
    case 'ac-left-on':
      return addedBy(fault, meter);
    default:
      return {};
  }
}

/** Knot by knot as the load adds it; what is added is zero at both ends, so that the knots' sum is the integral. */
function addedBy(fault: Fault, meter: CensusMeter): Evidence {
  const extra = extraFlow(fault, meter);
  let sum = 0;
  let peak = 0;
  for (let t = fault.start; t < fault.end; t += KNOT_MS) {
    const rate = extra(t);
    sum += rate;
    peak = Math.max(peak, rate);
  }
  return { addedPerHour: rounded(peak), added: rounded(sum * (KNOT_MS / HOUR)) };
}

const rounded = (value: number): number => Number(value.toFixed(6));
