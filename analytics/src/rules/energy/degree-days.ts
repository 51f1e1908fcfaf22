/** Outdoor temperature to degree days. */

export const HEATING_BASE_C = 18;
export const COOLING_BASE_C = 26;
/** Hours a day must have: a mean over fewer would lean to day or night. */
export const HOURS_NEEDED = 20;

export interface DegreeDay {
  readonly day: string;
  readonly meanC: number | null;
  /** Kelvin days; null when too few hours are known. */
  readonly heating: number | null;
  readonly cooling: number | null;
  readonly hours: number;
}

/**
 * Degree days from hourly means (JGJ 26 and GB 50176: heating base 18 °C, cooling base 26 °C).
 *
 * @param hourlyC the hours of one day that are known
 */
export function degreeDay(day: string, hourlyC: readonly number[]): DegreeDay {
  const hours = hourlyC.length;
  if (hours < HOURS_NEEDED) return { day, meanC: null, heating: null, cooling: null, hours };
  const mean = Math.round((hourlyC.reduce((total, one) => total + one, 0) / hours) * 100) / 100;
  return {
    day,
    meanC: mean,
    heating: Math.max(0, Math.round((HEATING_BASE_C - mean) * 100) / 100),
    cooling: Math.max(0, Math.round((mean - COOLING_BASE_C) * 100) / 100),
    hours,
  };
}
