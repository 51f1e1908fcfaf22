import { DAY, yearStart } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { makeCensus } from '../census/census.ts';
import { drawFaults } from './draw.ts';
import { FAULT_KINDS, type FaultKind, KINDS, type KindSpec, PROFILES } from './kinds.ts';
import { recordableCt } from './registry.ts';

const FROM = yearStart(2026);
const census = makeCensus({ institutions: 200 });
const draw = (options: Partial<Parameters<typeof drawFaults>[0]> = {}) =>
  drawFaults({ census, seed: 1, fromMs: FROM, days: 30, intensity: PROFILES.default, ...options });
const faults = draw();

test('every kind comes up in a month of 200 institutions; none in the control run', () => {
  expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS));
  expect(draw({ intensity: PROFILES.none })).toEqual([]);
  expect(draw({ intensity: PROFILES.heavy }).length).toBeGreaterThan(faults.length * 2);
});

test('the same seed draws the same; another one others', () => {
  expect(draw()).toEqual(faults);
  expect(draw({ seed: 2 })).not.toEqual(faults);
});

test('other seeds make other cities', () => {
  const city = (seed: number) => makeCensus({ seed, institutions: 30 });
  expect(city(2)).toEqual(city(2));
  const [a, b] = [city(2), city(3)];
  const flows = ({ meters }: typeof a) => meters.map(({ flow }) => flow.annual);
  expect(flows(a)).not.toEqual(flows(b));
  expect(a.meters.length).not.toBe(b.meters.length);
});

test('some exchanges of meters and transformers are announced, some are found out; nothing else leaves a record', () => {
  const many = draw({ days: 60, intensity: PROFILES.heavy });
  const share = (kind: FaultKind) => {
    const list = many.filter((fault) => fault.kind === kind);
    return list.filter(({ announced }) => announced).length / list.length;
  };
  expect(share('replacement')).toBeGreaterThan(0.55);
  expect(share('replacement')).toBeLessThan(0.85);
  expect(share('ct-misset')).toBeGreaterThan(0.02);
  expect(share('ct-misset')).toBeLessThan(0.3);
  const meters = new Map(census.meters.map((meter) => [meter.code, meter]));
  for (const { kind, meter, magnitude, announced } of many) {
    const recordable = kind === 'replacement' || kind === 'ct-misset';
    expect(announced !== undefined).toBe(recordable);
    const struck = meters.get(meter);
    if (kind === 'ct-misset' && announced && struck) expect(recordableCt(struck, magnitude)).toBeGreaterThan(0);
  }
});

test('an outage names its division', () => {
  for (const { kind, division } of faults) expect(division !== undefined).toBe(kind === 'division-outage');
});

test('a longer run has the faults of a shorter one and more', () => {
  const shorter = draw({ days: 12 });
  expect(shorter.length).toBeGreaterThan(10);
  expect(faults.slice(0, shorter.length)).toEqual(shorter);
});

test('more institutions change no meter fault of the others', () => {
  const own = (list: typeof faults) =>
    list.flatMap(({ id: _, ...fault }) => (KINDS[fault.kind].at === 'division' ? [] : [fault]));
  const few = makeCensus({ institutions: 50 });
  const codes = new Set(few.meters.map(({ code }) => code));
  const kinds = FAULT_KINDS.filter((kind) => kind !== 'division-outage');
  expect(own(draw({ census: few, kinds }))).toEqual(own(draw({ kinds })).filter(({ meter }) => codes.has(meter)));
});

test('outages of divisions are not crowded out by the many faults of gateways', () => {
  const outages = draw({ days: 60, intensity: PROFILES.heavy }).filter(({ kind }) => kind === 'division-outage');
  // Eight divisions, 60 days, one in 20 days, less what lies too near another.
  expect(new Set(outages.map(({ id }) => id)).size).toBeGreaterThan(12);
});

test('times and magnitudes lie in the stated ranges', () => {
  for (const { kind, start, end, magnitude } of faults) {
    const spec: KindSpec = KINDS[kind];
    expect(start).toBeGreaterThan(FROM);
    expect(start).toBeLessThan(FROM + 30 * DAY);
    expect(end).toBeGreaterThan(start);
    if (spec.lastsMs[1] > 0) expect(end - start).toBeLessThanOrEqual(spec.lastsMs[1] + 3_600_000);
    if ('oneOf' in spec.magnitude) expect(spec.magnitude.oneOf).toContain(magnitude);
    else {
      expect(magnitude).toBeGreaterThanOrEqual(spec.magnitude.from);
      expect(magnitude).toBeLessThanOrEqual(spec.magnitude.to);
    }
  }
});

test('a meter has one fault of its own at a time; a swap names both', () => {
  const own = faults.filter(({ kind }) => KINDS[kind].at === 'meter');
  for (const list of Map.groupBy(own, ({ meter }) => meter).values()) {
    list.forEach((fault, i) => {
      expect(fault.start).toBeGreaterThanOrEqual((list[i - 1]?.end ?? 0) + (i > 0 ? DAY : 0));
    });
  }
  for (const { id, meter, partner } of faults.filter(({ kind }) => kind === 'swapped-children')) {
    expect(faults.find((other) => other.id === id && other.meter === partner)?.partner).toBe(meter);
  }
});
