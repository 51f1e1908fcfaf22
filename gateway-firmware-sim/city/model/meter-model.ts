import { HOUR, MINUTE } from '@ganzhi/schemas';
import { type CityMeter, PARTS, type Part } from '../population/metering.ts';
import { hashText, hashUnit, unit } from '../random.ts';
import { partShapes } from './parts.ts';

/** What a meter measures: a cumulative register and the power that fills it, both primary. */
export interface MeterModel {
  /** Never falls; the integral of `powerKw`. */
  energyKwh(t: number): number;
  powerKw(t: number): number;
}

const KNOT = 15 * MINUTE;
const KNOTS_PER_HOUR = HOUR / KNOT;
const NOISE = 0.05;

/**
 * Power is a line between knots every quarter of an hour, energy its exact integral, so each is what the other says.
 *
 * Knots are hashes of (seed, institution, part, time): two processes agree, and a main meter is the sum of its parts to
 * the last bit of noise. Energy is summed hour by hour once and kept.
 *
 * @param epochMs when the meter was installed: the register stands at its start value until then
 */
export function createMeterModel({
  seed,
  meter,
  epochMs,
}: {
  seed: number;
  meter: CityMeter;
  epochMs: number;
}): MeterModel {
  const { load } = meter;
  const meanKw = load.annualKwh / 8_760;
  const parts = PARTS.flatMap((part: Part) => {
    const share = load.parts[part] ?? 0;
    return share > 0 ? [{ part, share, key: hashText(`${seed}|${load.institutionCode}|${part}`) }] : [];
  });
  const knotKw = (knot: number): number => {
    const shapes = partShapes(load.typeCode, knot * KNOT);
    let kw = 0;
    for (const { part, share, key } of parts) kw += share * shapes[part] * (1 + NOISE * (2 * hashUnit(key, knot) - 1));
    return kw * meanKw;
  };
  const first = Math.ceil(epochMs / HOUR) * HOUR;
  const startKwh = Math.round(unit(seed, meter.code, 'start') * 0.8 * load.annualKwh * sumOf(load.parts));
  const hours = createHourSums(first / KNOT, startKwh, knotKw);

  return {
    energyKwh(t) {
      if (t <= first) return startKwh;
      const knot = Math.floor(t / KNOT);
      const within = (t - knot * KNOT) / KNOT;
      const { kwh, kw, nextKw } = hours.at(knot);
      return kwh + (kw * within + ((nextKw - kw) * within * within) / 2) / KNOTS_PER_HOUR;
    },
    powerKw(t) {
      if (t < first) return 0;
      const knot = Math.floor(t / KNOT);
      const kw = knotKw(knot);
      return kw + (knotKw(knot + 1) - kw) * (t / KNOT - knot);
    },
  };
}

/** Energy at each hour since `firstKnot`, grown as asked for; inside the hour the few knots are added anew. */
function createHourSums(firstKnot: number, startKwh: number, knotKw: (knot: number) => number) {
  const sums: number[] = [startKwh];
  const addKnots = (from: number, to: number, kwh: number): number => {
    let total = kwh;
    let kw = knotKw(from);
    for (let knot = from; knot < to; knot += 1) {
      const nextKw = knotKw(knot + 1);
      total += (kw + nextKw) / 2 / KNOTS_PER_HOUR;
      kw = nextKw;
    }
    return total;
  };
  const hourSum = (hour: number): number => {
    for (let last = sums.length - 1; last < hour; last += 1) {
      const from = firstKnot + last * KNOTS_PER_HOUR;
      sums.push(addKnots(from, from + KNOTS_PER_HOUR, sums[last] ?? startKwh));
    }
    return sums[hour] ?? startKwh;
  };
  let cached = { knot: -1, kwh: 0, kw: 0, nextKw: 0 };
  return {
    /** Energy at a knot and the power at it and at the next. */
    at(knot: number) {
      if (cached.knot === knot) return cached;
      const hour = Math.floor((knot - firstKnot) / KNOTS_PER_HOUR);
      const kwh = addKnots(firstKnot + hour * KNOTS_PER_HOUR, knot, hourSum(hour));
      cached = { knot, kwh, kw: knotKw(knot), nextKw: knotKw(knot + 1) };
      return cached;
    },
  };
}

const sumOf = (parts: CityMeter['load']['parts']): number =>
  Object.values(parts).reduce((sum, share) => sum + share, 0);
