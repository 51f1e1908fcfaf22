import { DAY, dayStart, HOUR, yearStart } from '@ganzhi/schemas';
import { dayKind } from '../model/calendar.ts';
import { USE_PROFILES, useAt } from '../model/occupancy.ts';
import { temperatureC } from '../model/weather.ts';
import type { TypeCode } from '../population/catalogue.ts';

export type OtherShapes = Record<'water' | 'gas' | 'heat', number>;

/** What drips and refills at night, as a share of full use: 2–5 % of the mean (domain.md §3.7). */
const NIGHT_WATER = 0.01;
const HEATING_BELOW_C = 14;
/** Hours at which a canteen cooks: breakfast, noon, evening. */
const COOKING = [
  { from: 5.5, to: 8, level: 0.6 },
  { from: 10, to: 13, level: 1 },
  { from: 16, to: 18, level: 0.7 },
] as const;
const PILOT_GAS = 0.01;
/** Year whose calendar and seasons fix the mean of each shape. */
const REFERENCE_YEAR = 2025;

/** Water, gas and heat at `t`, each with mean 1 over a year. */
export function otherShapes(type: TypeCode, t: number): OtherShapes {
  const raw = rawShapes(type, t);
  const means = yearMeans(type);
  return { water: raw.water / means.water, gas: raw.gas / means.gas, heat: raw.heat / means.heat };
}

function rawShapes(type: TypeCode, t: number): OtherShapes {
  const use = useAt(USE_PROFILES[type], t);
  const hour = ((t - dayStart(t)) / DAY) * 24;
  const cooking = COOKING.find(({ from, to }) => hour >= from && hour < to)?.level ?? 0;
  const guests = type === 'hospital' ? 1 : dayKind(t) === 'workday' ? 1 : 0.1;
  const cold = Math.max(0, HEATING_BELOW_C - temperatureC(t));
  return {
    water: NIGHT_WATER + use,
    gas: PILOT_GAS + cooking * guests,
    heat: 0.02 + cold * (0.3 + 0.7 * use),
  };
}

const meansByType = new Map<TypeCode, OtherShapes>();

function yearMeans(type: TypeCode): OtherShapes {
  const known = meansByType.get(type);
  if (known) return known;
  const sums: OtherShapes = { water: 0, gas: 0, heat: 0 };
  let steps = 0;
  for (let t = yearStart(REFERENCE_YEAR); t < yearStart(REFERENCE_YEAR + 1); t += HOUR / 2) {
    const { water, gas, heat } = rawShapes(type, t);
    sums.water += water;
    sums.gas += gas;
    sums.heat += heat;
    steps += 1;
  }
  const means = { water: sums.water / steps, gas: sums.gas / steps, heat: sums.heat / steps };
  meansByType.set(type, means);
  return means;
}
