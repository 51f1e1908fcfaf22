import { templateById } from '../../firmware/index.ts';
import type { CityMeter } from '../population/metering.ts';
import { hashText, hashUnit } from '../random.ts';
import type { MeterModel } from './meter-model.ts';

/** What a meter's registers hold at a moment: quantity code to value in the quantity's unit, after the meter's own ratio. */
export type Registers = (t: number) => Readonly<Record<string, number>>;

const NOMINAL_V = 230;
const POWER_FACTOR = 0.95;
const STEP_MS = 10_000;

/**
 * Registers of a simulated meter. A meter that leaves the ratio to the server (`ratioInMeter: false`) shows the secondary
 * side: energy and power divided by CT·PT, current by CT, voltage by PT.
 */
export function meterRegisters(meter: CityMeter, model: MeterModel): Registers {
  const ratioInMeter = templateById(meter.template).ratioInMeter;
  const [ct, pt] = ratioInMeter ? [1, 1] : [meter.ct, meter.pt];
  const key = hashText(meter.code);
  return (t) => {
    const powerKw = model.powerKw(t);
    const step = Math.floor(t / STEP_MS);
    const volts = (phase: number) => NOMINAL_V + 4 * (hashUnit(key + phase, step) - 0.5);
    const amps = (phase: number) =>
      (((powerKw / 3) * 1_000) / (volts(phase) * POWER_FACTOR)) * (0.94 + 0.12 * hashUnit(key, phase));
    return {
      'energy.import': model.energyKwh(t) / (ct * pt),
      'energy.export': 0,
      power: powerKw / (ct * pt),
      'power.factor': POWER_FACTOR,
      'voltage.a': volts(1) / pt,
      'voltage.b': volts(2) / pt,
      'voltage.c': volts(3) / pt,
      'current.a': amps(1) / ct,
      'current.b': amps(2) / ct,
      'current.c': amps(3) / ct,
      frequency: 50 + 0.04 * (hashUnit(key + 7, step) - 0.5),
    };
  };
}
