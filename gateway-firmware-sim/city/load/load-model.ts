import { HOUR } from '@ganzhi/schemas';
import type { Flow, FlowPart } from '../census/meter.ts';
import { hashText, hashUnit } from '../random.ts';
import { KNOT_MS, KNOTS_PER_DAY, shapesOfDay } from './shapes.ts';

/** What really flowed through a meter, in primary units of its booked counter: an amount that never falls, and its rate. */
export interface LoadModel {
  amountAt(t: number): number;
  /** Unit per hour. */
  rateAt(t: number): number;
}

/** More flow than the load says: a leak, an air conditioner left on. Unit per hour at a knot. */
export type ExtraFlow = (t: number) => number;

const NOISE = 0.05;

export interface LoadModelOptions {
  seed: number;
  flow: Flow;
  /** Start of a Shanghai day; the amount stands at `start` until then. */
  fromMs: number;
  start: number;
  extras?: readonly ExtraFlow[];
}

/**
 * The rate is a line between knots every quarter of an hour, the amount its exact integral. Pure: an amount is the same to
 * the last bit whatever was asked before. Sums are kept by day, so that a year of a city fits in memory; going forward is
 * cheap, going back adds the knots of one day again.
 *
 * Noise is hashed from (seed, institution, part, knot): a main meter is the sum of its parts with all their noise.
 */
export function createLoadModel({ seed, flow, fromMs, start, extras = [] }: LoadModelOptions): LoadModel {
  const meanRate = flow.annual / 8_760;
  const parts = Object.entries(flow.parts).map(([part, share]) => ({
    part: part as FlowPart,
    rate: share * meanRate,
    key: hashText(`${seed}|${flow.institutionCode}|${part}`),
  }));
  const knotRate = (knot: number): number => {
    const t = fromMs + knot * KNOT_MS;
    const shapes = shapesOfDay(flow.typeCode, t);
    const slot = mod(knot, KNOTS_PER_DAY);
    const step = t / KNOT_MS;
    let rate = 0;
    for (const { part, rate: mean, key } of parts) {
      rate += mean * (shapes[part][slot] ?? 0) * (1 + NOISE * (2 * hashUnit(key, step) - 1));
    }
    for (const extra of extras) rate += extra(t);
    return rate;
  };
  const days = [start];
  const step = (rate: number, next: number) => ((rate + next) / 2) * (KNOT_MS / HOUR);
  // Where the last sum ended: sums of one day are always made from its start, in order.
  let cached = { knot: 0, amount: start, rate: knotRate(0), next: knotRate(1) };
  const moveTo = (knot: number) => {
    const day = Math.floor(knot / KNOTS_PER_DAY);
    while (days.length <= day)
      days.push(advance((days.length - 1) * KNOTS_PER_DAY, days.length * KNOTS_PER_DAY).amount);
    return advance(day * KNOTS_PER_DAY, knot);
  };
  const advance = (dayKnot: number, knot: number) => {
    let { knot: at, amount, rate, next } = cached;
    if (at < dayKnot || at > knot) {
      at = dayKnot;
      amount = days[dayKnot / KNOTS_PER_DAY] ?? start;
      rate = knotRate(at);
      next = knotRate(at + 1);
    }
    while (at < knot) {
      amount += step(rate, next);
      at += 1;
      rate = next;
      next = knotRate(at + 1);
    }
    cached = { knot: at, amount, rate, next };
    return cached;
  };
  return {
    amountAt(t) {
      if (t <= fromMs) return start;
      const knot = Math.floor((t - fromMs) / KNOT_MS);
      const within = (t - fromMs) / KNOT_MS - knot;
      const { amount, rate, next } = moveTo(knot);
      return amount + (rate * within + ((next - rate) * within * within) / 2) * (KNOT_MS / HOUR);
    },
    rateAt(t) {
      if (t < fromMs) return 0;
      const knot = Math.floor((t - fromMs) / KNOT_MS);
      const { rate, next } = moveTo(knot);
      return rate + (next - rate) * ((t - fromMs) / KNOT_MS - knot);
    },
  };
}

const mod = (value: number, by: number): number => ((value % by) + by) % by;
