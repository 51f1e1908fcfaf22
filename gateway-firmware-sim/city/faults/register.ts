import type { LoadModel } from '../load/load-model.ts';
import type { Fault } from './kinds.ts';

/** What a meter would show: its booked register and its rate, after its own ratio. */
export interface Shown {
  amount: number;
  /** Unit of the counter per hour. */
  rate: number;
}
export type Display = (t: number) => Shown;

export interface RegisterContext {
  /** Resolution of the register, in its unit: shifts are whole multiples, so no fault changes how a value is rounded. */
  resolution: number;
  modulus?: number | undefined;
  /** The other child of a swap, on the scale of this meter's register. */
  partner?: Display | undefined;
}

/** The display of a healthy meter. */
export const healthyDisplay =
  (model: LoadModel, ratio: number): Display =>
  (t) => ({ amount: model.amountAt(t) / ratio, rate: model.rateAt(t) / ratio });

/**
 * The display with one fault of the meter's; a pure function of time. Kinds that are not the meter's own leave it as it is.
 */
export function faultyDisplay(display: Display, fault: Fault, context: RegisterContext): Display {
  const { start, end, magnitude } = fault;
  const inside = (t: number) => t >= start && t < end;
  const whole = (amount: number) => Math.floor(amount / context.resolution + 1e-6) * context.resolution;
  switch (fault.kind) {
    case 'frozen':
      return (t) => display(inside(t) ? start : t);
    case 'spike':
      return (t) => {
        const { amount, rate } = display(t);
        return { amount: inside(t) ? amount * magnitude : amount, rate };
      };
    case 'transient-zero':
      return (t) => (inside(t) ? { amount: 0, rate: 0 } : display(t));
    case 'rollover': {
      const modulus = context.modulus;
      if (modulus === undefined) return display;
      // The register stood as high as it had to, to come round at the start of the fault.
      const shift = once(() => modulus - whole(display(start).amount));
      return (t) => {
        const { amount, rate } = display(t);
        return { amount: (amount + shift()) % modulus, rate };
      };
    }
    case 'reset':
    case 'replacement': {
      const shift = once(() => whole(fault.kind === 'reset' ? 0 : magnitude) - whole(display(start).amount));
      return (t) => {
        const { amount, rate } = display(t);
        return { amount: t >= start ? amount + shift() : amount, rate };
      };
    }
    case 'ct-misset':
      return measuring(display, display, fault, magnitude, context.resolution);
    case 'swapped-children':
      return context.partner ? measuring(display, context.partner, fault, 1, context.resolution) : display;
    default:
      return display;
  }
}

/** In [start, end) the register moves with `factor` times another flow; afterwards it goes on from there. */
function measuring(own: Display, other: Display, { start, end }: Fault, factor: number, resolution: number): Display {
  const before = once(() => ({ own: own(start).amount, other: other(start).amount }));
  const shiftAfter = once(() => {
    const moved = (other(end).amount - before().other) * factor;
    // Up to the next whole count, or the register would take a step back of less than one.
    return Math.ceil((before().own + moved - own(end).amount) / resolution - 1e-6) * resolution;
  });
  return (t) => {
    if (t < start) return own(t);
    if (t >= end) {
      const { amount, rate } = own(t);
      return { amount: amount + shiftAfter(), rate };
    }
    const { amount, rate } = other(t);
    return { amount: before().own + (amount - before().other) * factor, rate: rate * factor };
  };
}

function once<T extends object | number>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
