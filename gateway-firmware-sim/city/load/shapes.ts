import { DAY, dayStart, MINUTE } from '@ganzhi/schemas';
import { FLOW_PARTS, type FlowPart } from '../census/meter.ts';
import { partShapes } from '../model/parts.ts';
import type { TypeCode } from '../population/catalogue.ts';
import { otherShapes } from './other-shapes.ts';

export const KNOT_MS = 15 * MINUTE;
export const KNOTS_PER_DAY = DAY / KNOT_MS;

export type DayShapes = Readonly<Record<FlowPart, Float64Array>>;

/** Days of all types kept at hand: a city is simulated day by day, its meters share nine types. */
const KEPT = 40;
const kept = new Map<string, DayShapes>();

/** The shapes of a type at each knot of the Shanghai day that contains `t`; worked out once for the whole city. */
export function shapesOfDay(type: TypeCode, t: number): DayShapes {
  const start = dayStart(t);
  const name = `${type}|${start}`;
  const known = kept.get(name);
  if (known) return known;
  const day = Object.fromEntries(FLOW_PARTS.map((part) => [part, new Float64Array(KNOTS_PER_DAY)])) as Record<
    FlowPart,
    Float64Array
  >;
  for (let i = 0; i < KNOTS_PER_DAY; i += 1) {
    const at = start + i * KNOT_MS;
    const shapes = { ...partShapes(type, at), ...otherShapes(type, at) };
    for (const part of FLOW_PARTS) day[part][i] = shapes[part];
  }
  const [oldest] = kept.keys();
  if (kept.size >= KEPT && oldest !== undefined) kept.delete(oldest);
  kept.set(name, day);
  return day;
}
