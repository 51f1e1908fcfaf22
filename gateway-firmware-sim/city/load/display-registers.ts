import { templateById } from '../../firmware/index.ts';
import type { CensusMeter } from '../census/meter.ts';
import type { Display } from '../faults/register.ts';
import type { Registers } from '../model/registers.ts';
import { hashText, hashUnit } from '../random.ts';

const NOMINAL_V = 230;
const POWER_FACTOR = 0.95;
const STEP_MS = 10_000;

/** All registers of a meter from what it shows: the booked one, its rate, and for electricity what belongs to that rate. */
export function displayRegisters(meter: CensusMeter, display: Display): Registers {
  const pt = templateById(meter.template).ratioInMeter ? 1 : meter.pt;
  const key = hashText(meter.code);
  switch (meter.medium) {
    case 'water':
      return (t) => {
        const { amount, rate } = display(t);
        return { 'water.volume': amount, 'water.flow': rate };
      };
    case 'gas':
      return (t) => ({ 'gas.volume': display(t).amount });
    case 'heat':
      return (t) => ({ 'heat.energy': display(t).amount });
    case 'electricity':
      return (t) => {
        const { amount, rate } = display(t);
        const step = Math.floor(t / STEP_MS);
        const volts = (phase: number) => NOMINAL_V + 4 * (hashUnit(key + phase, step) - 0.5);
        const amps = (phase: number) =>
          ((((rate * pt) / 3) * 1_000) / (volts(phase) * POWER_FACTOR)) * (0.94 + 0.12 * hashUnit(key, phase));
        return {
          'energy.import': amount,
          'energy.export': 0,
          power: rate,
          'power.factor': POWER_FACTOR,
          'voltage.a': volts(1) / pt,
          'voltage.b': volts(2) / pt,
          'voltage.c': volts(3) / pt,
          'current.a': amps(1),
          'current.b': amps(2),
          'current.c': amps(3),
          frequency: 50 + 0.04 * (hashUnit(key + 7, step) - 0.5),
        };
      };
  }
}
