import { DAY, dayStart, HOUR } from '@ganzhi/schemas';
import { hashText, hashUnit } from '../random.ts';

/** Changzhou's monthly means, °C (domain.md §3.7). */
const MONTHLY_C = [3.5, 5.6, 10.2, 16.2, 21.5, 25, 29, 28.5, 24.2, 18.7, 12.3, 6];
const DAILY_SWING_C = 4;
const SPELL_C = 3;
const WEATHER = hashText('weather of Changzhou');

/**
 * Outdoor temperature in °C: monthly means at mid-month joined by lines, warmest at 15:00, and spells of days that are up
 * to 3 °C off. The same everywhere in the city and for every seed.
 */
export function temperatureC(t: number): number {
  const local = new Date(t + 8 * HOUR);
  const month = local.getUTCMonth();
  const middle = (local.getUTCDate() - 15) / 30;
  const neighbour = (month + (middle < 0 ? 11 : 1)) % 12;
  const here = MONTHLY_C[month] ?? 0;
  const seasonal = here + ((MONTHLY_C[neighbour] ?? 0) - here) * Math.abs(middle);
  const hour = (t - dayStart(t)) / HOUR;
  return seasonal + DAILY_SWING_C * Math.cos(((hour - 15) / 24) * 2 * Math.PI) + spellC(t);
}

/** Joined by lines from day to day, so that there is no step at midnight. */
function spellC(t: number): number {
  const day = dayStart(t) / DAY;
  const at = (t - dayStart(t)) / DAY;
  const draw = (index: number) => SPELL_C * (2 * hashUnit(WEATHER, Math.floor(index)) - 1);
  return draw(day) * (1 - at) + draw(day + 1) * at;
}
