import { HOUR, yearStart } from '@ganzhi/schemas';
import type { TypeCode } from '../population/catalogue.ts';
import { PARTS, type Part } from '../population/metering.ts';
import { USE_PROFILES, useAt } from './occupancy.ts';
import { temperatureC } from './weather.ts';

const COOLING_FROM_C = 24;
const HEATING_BELOW_C = 14;
/** Year whose calendar and seasons fix the mean of each shape. */
const REFERENCE_YEAR = 2025;

/** All parts of a type's load at `t`, each with mean 1 over a year. */
export function partShapes(type: TypeCode, t: number): Record<Part, number> {
  const raw = rawShapes(type, t);
  const means = yearMeans(type);
  for (const part of PARTS) raw[part] /= means[part];
  return raw;
}

/**
 * Load = base + occ·equip + k_c·max(0, T−24)·occ + k_h·max(0, 14−T)·occ (domain.md §3.7), by part: lighting and sockets
 * follow the use, air conditioning the use and the weather, lifts and pumps half and half, a data room hardly anything.
 */
function rawShapes(type: TypeCode, t: number): Record<Part, number> {
  const profile = USE_PROFILES[type];
  const use = useAt(profile, t);
  const present = profile.base + (1 - profile.base) * use;
  const celsius = temperatureC(t);
  const demand = 0.12 * Math.max(0, celsius - COOLING_FROM_C) + 0.06 * Math.max(0, HEATING_BELOW_C - celsius);
  return {
    lighting: present,
    hvac: present * (0.18 + demand),
    power: 0.3 + 0.7 * use,
    special: 0.8 + 0.2 * use,
    other: 0.5 + 0.5 * use,
  };
}

const meansByType = new Map<TypeCode, Record<Part, number>>();

function yearMeans(type: TypeCode): Record<Part, number> {
  const known = meansByType.get(type);
  if (known) return known;
  const sums: Record<Part, number> = { lighting: 0, hvac: 0, power: 0, special: 0, other: 0 };
  const end = yearStart(REFERENCE_YEAR + 1);
  let hours = 0;
  for (let t = yearStart(REFERENCE_YEAR); t < end; t += HOUR) {
    const shapes = rawShapes(type, t);
    for (const part of PARTS) sums[part] += shapes[part];
    hours += 1;
  }
  for (const part of PARTS) sums[part] /= hours;
  meansByType.set(type, sums);
  return sums;
}
