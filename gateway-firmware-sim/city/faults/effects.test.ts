import { readFileSync } from 'node:fs';
import { BOOKED_COUNTER, DAY, HOUR, MINUTE, SECOND, toCounts } from '@ganzhi/schemas';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Delivered, deliver } from '../../testing/deliver.ts';
import { recordsOf } from '../batch/records.ts';
import { simulateMeters } from '../batch/simulated-meters.ts';
import { makeCensus } from '../census/census.ts';
import { meanPerHour } from '../census/meter.ts';
import { bookedPoint } from '../census/models.ts';
import { FAULT_KINDS, type Fault, type FaultKind } from './kinds.ts';

/** Each fault, put in by hand: its effect on what is delivered and on the truth. */
const FROM = Date.parse('2026-05-18T00:00:00+08:00'); // a Monday
const DAYS = 2;
const START = FROM + 18 * HOUR;
const END = START + 6 * HOUR;
const STEP = 15 * MINUTE;

const site = makeCensus({ institutions: 1 });
const [gateway] = site.gateways;
const pick = (code: string) => {
  const found = site.meters.find((meter) => meter.code === code);
  if (!found || !gateway) throw new Error(`no ${code}: ${site.meters.map((meter) => meter.code)}`);
  return found;
};
const code = (suffix: string) => `${site.sites[0]?.code}-${suffix}`;
const [feeder, hvac, water] = [code('E01'), code('E03'), code('W01')];
const quantityOf = (meter: string) => (pick(meter).medium === 'water' ? 'water.volume' : 'energy.import');

function fault(kind: FaultKind, meter: string, rest: Partial<Fault> = {}): Fault {
  return { id: 'F1', kind, meter, gateway: gateway?.code ?? '', start: START, end: END, magnitude: 1, ...rest };
}

let healthy: Delivered;
beforeAll(async () => {
  healthy = await deliver({ census: site, fromMs: FROM, days: DAYS });
});

/** The same days with one fault; registers of a meter in order of arrival, with and without. */
async function withFault(...faults: Fault[]) {
  const faulty = await deliver({ census: site, faults, fromMs: FROM, days: DAYS });
  const meter = faults[0]?.meter ?? '';
  return { faulty, plain: healthy.of(meter, quantityOf(meter)), got: faulty.of(meter, quantityOf(meter)) };
}
type Reading = { t: number; x: number };
const between = (list: readonly Reading[], from: number, to: number) => list.filter(({ t }) => t >= from && t < to);
const outside = (list: readonly Reading[]) => list.filter(({ t }) => t < START || t >= END);
const at = (list: readonly Reading[], t: number) => list.find((reading) => reading.t === t)?.x ?? Number.NaN;
const moved = (list: readonly Reading[], from: number, to: number) => at(list, to) - at(list, from);
const readingsWhere = ({ batches }: Delivered, wanted: (reading: { m: string; t: number }) => boolean) =>
  batches.reduce((sum, { readings }) => sum + readings.filter(wanted).length, 0);

/** The gateway's own counters: they say what it delivered, and differ from a healthy gateway's by what the fault costs. */
function expectCounted(faulty: Delivered, [struck]: readonly Fault[]) {
  const errors = faulty.batches.reduce((sum, batch) => sum + batch.errors.length, 0);
  expect(faulty.sent).toEqual({ readings: readingsWhere(faulty, () => true), failures: errors });
  const { kind, meter, magnitude } = struck ?? fault('gap', feeder);
  const inWindow = ({ t }: { t: number }) => t >= START && t < END;
  const ofMeter = readingsWhere(healthy, (reading) => reading.m === meter && inWindow(reading));
  const perScan = readingsWhere(healthy, ({ m, t }) => m === meter && t === FROM);
  const cost: Partial<Record<FaultKind, number>> = {
    gap: -ofMeter,
    'dead-slave': -perScan * errors,
    duplicate: magnitude * readingsWhere(healthy, inWindow),
  };
  expect(faulty.sent.readings - healthy.sent.readings).toBe(cost[kind] ?? 0);
  expect(errors > 0).toBe(kind === 'dead-slave');
}
const total = (delivered: Delivered, meter: string) =>
  [...(delivered.truth.get(meter)?.values() ?? [])].reduce((sum, counts) => sum + counts, 0);

test('every kind is tested here', () => {
  const text = readFileSync(new URL(import.meta.url), 'utf8');
  for (const kind of FAULT_KINDS) expect(text).toContain(`fault('${kind}'`);
});

describe('without faults', () => {
  test('every meter delivers each interval once, and the truth is what its register moved', () => {
    for (const { meter, ratio } of healthy.meters.values()) {
      const quantity = BOOKED_COUNTER[meter.medium].code;
      const readings = healthy.of(meter.code, quantity);
      const count = (DAYS * DAY) / (meter.intervalS * SECOND) + 1;
      expect(readings.map(({ t }) => t)).toEqual(
        Array.from({ length: count }, (_, i) => FROM + i * meter.intervalS * SECOND),
      );
      const decimals = bookedPoint(meter)?.decimals ?? 0;
      const register = new Map(readings.map(({ t, x }) => [t, Number(toCounts(x, decimals))]));
      const movement = (from: number, to: number) => ((register.get(to) ?? 0) - (register.get(from) ?? 0)) * ratio;
      const hours = [...(healthy.truth.get(meter.code) ?? [])];
      expect(hours).toHaveLength(DAYS * 24);
      for (const [hour, counts] of hours) expect(counts).toBe(movement(hour, hour + HOUR));
      expect(total(healthy, meter.code)).toBe(movement(FROM, FROM + DAYS * DAY));
    }
  });

  test('a second run delivers the same readings', async () => {
    const again = await deliver({ census: site, fromMs: FROM, days: DAYS });
    expect(again.batches.map(({ readings }) => readings)).toEqual(healthy.batches.map(({ readings }) => readings));
  });
});

describe('faults of what is delivered leave the truth as it is', () => {
  test.each<[string, Fault[], (list: { plain: Reading[]; got: Reading[]; faulty: Delivered }) => void]>([
    [
      'gap: nothing comes, neither value nor error',
      [fault('gap', feeder)],
      ({ plain, got, faulty }) => {
        expect(got).toEqual(outside(plain));
        expect(faulty.errorsOf(feeder)).toEqual([]);
      },
    ],
    [
      'frozen: one value again and again, then the register is where it should be',
      [fault('frozen', feeder)],
      ({ plain, got }) => {
        expect(new Set(between(got, START, END).map(({ x }) => x))).toEqual(new Set([at(plain, START)]));
        expect(outside(got)).toEqual(outside(plain));
      },
    ],
    [
      'spike: one reading that is so many times too high',
      [fault('spike', feeder, { end: START + STEP, magnitude: 10 })],
      ({ plain, got }) => {
        expect(at(got, START) / at(plain, START)).toBeCloseTo(10, 3);
        expect(got.filter(({ t }) => t !== START)).toEqual(plain.filter(({ t }) => t !== START));
      },
    ],
    [
      'transient zero: so many readings that show 0',
      [fault('transient-zero', feeder, { end: START + 2 * STEP, magnitude: 2 })],
      ({ plain, got }) => {
        expect(got.filter(({ x }) => x === 0).map(({ t }) => t)).toEqual([START, START + STEP]);
        expect(outside(got)).toEqual(outside(plain));
      },
    ],
    [
      'rollover: the register comes round at the modulus, and misses nothing',
      [fault('rollover', water, { end: START + STEP })],
      ({ plain, got }) => {
        expect(at(got, START - STEP)).toBeGreaterThan(999_000);
        expect(at(got, END)).toBeLessThan(1_000);
        expect(moved(got, FROM, END) + 1_000_000).toBeCloseTo(moved(plain, FROM, END), 4);
      },
    ],
    [
      'reset: the register begins again at zero',
      [fault('reset', feeder, { end: START + STEP })],
      ({ plain, got }) => {
        expect(at(got, START)).toBeCloseTo(0, 6);
        expect(moved(got, START, END)).toBeCloseTo(moved(plain, START, END), 6);
      },
    ],
    [
      'replacement: another meter goes on from its own start',
      [fault('replacement', feeder, { end: START + STEP, magnitude: 12.5 })],
      ({ plain, got }) => {
        expect(at(got, START)).toBeCloseTo(12.5, 6);
        expect(moved(got, START, END)).toBeCloseTo(moved(plain, START, END), 6);
      },
    ],
    [
      'CT mis-set: the register moves so many times as fast, and stays off',
      [fault('ct-misset', feeder, { magnitude: 40 })],
      ({ plain, got }) => {
        expect(moved(got, START, END) / moved(plain, START, END)).toBeCloseTo(40, 0);
        expect(moved(got, END, END + 6 * HOUR)).toBeCloseTo(moved(plain, END, END + 6 * HOUR), 6);
      },
    ],
    [
      'dead slave: errors instead of values; the driver leaves it alone for some scans',
      [fault('dead-slave', feeder)],
      ({ plain, got, faulty }) => {
        expect(between(got, START, END)).toEqual([]);
        expect(between(got, FROM, START)).toEqual(between(plain, FROM, START));
        const errors = faulty.errorsOf(feeder);
        expect(errors.filter(({ t }) => t < END)).toHaveLength((END - START) / STEP);
        expect(new Set(errors.map((error) => error.code))).toEqual(new Set(['read-timeout']));
        // Sixteen scans at most until it is asked again.
        expect(at(got, END + 16 * STEP)).toBe(at(plain, END + 16 * STEP));
      },
    ],
    [
      'clock drift: right values under stamps that are further and further off',
      [fault('clock-drift', feeder, { magnitude: 600 })],
      ({ plain, got }) => {
        expect(got.map(({ x }) => x)).toEqual(plain.map(({ x }) => x));
        const off = got.map(({ t }, i) => t - (plain[i]?.t ?? 0));
        expect(Math.max(...off)).toBeGreaterThan(550 * SECOND);
        expect(Math.max(...off)).toBeLessThan(600 * SECOND);
        expect(outside(plain).every(({ t, x }) => at(got, t) === x)).toBe(true);
      },
    ],
    [
      'duplicate: so many times more',
      [fault('duplicate', feeder, { magnitude: 2 })],
      ({ plain, got }) => {
        for (const reading of plain) {
          const inside = reading.t >= START && reading.t < END;
          expect(got.filter(({ t, x }) => t === reading.t && x === reading.x)).toHaveLength(inside ? 3 : 1);
        }
      },
    ],
    [
      'reordering: all there, younger before older',
      [fault('reordering', feeder)],
      ({ plain, got }) => {
        expect(got).not.toEqual(plain);
        expect(got.toSorted((a, b) => a.t - b.t)).toEqual(plain);
      },
    ],
    [
      'late back-fill: all there, some hours after what came later',
      [fault('late-backfill', feeder, { magnitude: 3 })],
      ({ plain, got, faulty }) => {
        expect(got.toSorted((a, b) => a.t - b.t)).toEqual(plain);
        const places = (list: readonly Reading[]) => list.map((reading) => got.indexOf(reading));
        const late = places(between(got, START, END));
        expect(Math.min(...late)).toBeGreaterThan(Math.max(...places(between(got, END, END + 2 * HOUR))));
        expect(faulty.batches.filter(({ replay }) => replay)).toHaveLength(1);
      },
    ],
    [
      'division outage: everything waits in the backlog',
      [fault('division-outage', feeder)],
      ({ plain, got, faulty }) => {
        expect(got.toSorted((a, b) => a.t - b.t)).toEqual(plain);
        const replayed = faulty.batches.filter(({ replay }) => replay).flatMap(({ readings }) => readings);
        expect(Math.min(...replayed.map(({ t }) => t))).toBe(START);
        expect(Math.max(...replayed.map(({ t }) => t))).toBe(END - STEP);
      },
    ],
  ])('%s', async (_, faults, check) => {
    const result = await withFault(...faults);
    check(result);
    expect(result.faulty.truth).toEqual(healthy.truth);
    expectCounted(result.faulty, faults);
  });

  test('swapped children: each moves with the other; together they are right', async () => {
    const [a, b] = [code('E02'), code('E03')];
    expect(pick(a).parentCode).toBe(pick(b).parentCode);
    const { faulty, plain, got } = await withFault(
      fault('swapped-children', a, { partner: b }),
      fault('swapped-children', b, { partner: a }),
    );
    const [plainB, gotB] = [healthy.of(b, 'energy.import'), faulty.of(b, 'energy.import')];
    const ratio = (meter: string) => healthy.meters.get(meter)?.ratio ?? 1;
    expect(moved(got, START, END) * ratio(a)).toBeCloseTo(moved(plainB, START, END) * ratio(b), 0);
    expect(moved(gotB, START, END) * ratio(b)).toBeCloseTo(moved(plain, START, END) * ratio(a), 0);
    expect(faulty.truth).toEqual(healthy.truth);
  });
});

describe('what the truth says of a fault beside kind and magnitude', () => {
  const evidenceOf = async (one: Fault) => {
    const { faulty, plain, got } = await withFault(one);
    const decimals = bookedPoint(pick(one.meter))?.decimals ?? 0;
    const counts = (x: number) => Number(toCounts(x, decimals));
    return { evidence: faulty.meters.get(one.meter)?.evidence.get(one.id), plain, got, counts };
  };

  test.each<[FaultKind, string, number]>([
    ['replacement', feeder, 12.5],
    ['reset', feeder, 1],
    ['spike', feeder, 10],
  ])('%s: what the register would have shown, and what it showed', async (kind, meter, magnitude) => {
    const one = fault(kind, meter, { end: START + STEP, magnitude });
    const { evidence, plain, got, counts } = await evidenceOf(one);
    expect(evidence).toEqual({
      lastRegister: counts(at(plain, START)),
      firstRegister: counts(at(got, START)),
    });
  });

  test('leak: how much ran, in all and per hour', async () => {
    const { evidence, plain, got } = await evidenceOf(fault('leak', water, { magnitude: 2 }));
    expect(evidence?.addedPerHour).toBeCloseTo(2 * meanPerHour(pick(water).flow), 5);
    expect(evidence?.added).toBeCloseTo(moved(got, FROM, END + HOUR) - moved(plain, FROM, END + HOUR), 1);
  });

  test('CT mis-set: the ratio on record, and the one that would be right', async () => {
    const { evidence, plain, got } = await evidenceOf(fault('ct-misset', feeder, { magnitude: 0.8 }));
    const { recordedRatio = 0, trueRatio = 0 } = evidence ?? {};
    expect(recordedRatio).toBe(healthy.meters.get(feeder)?.ratio);
    expect(moved(got, START, END) * trueRatio).toBeCloseTo(moved(plain, START, END) * recordedRatio, -1);
  });

  test('what was announced stands in the records, with both registers or both ratios; the rest does not', async () => {
    const acrel = site.meters.find(({ template }) => template === 'acrel-dtsd1352')?.code ?? '';
    const faults = [
      fault('replacement', water, { id: 'F1', announced: true, end: START + STEP, magnitude: 7 }),
      fault('ct-misset', acrel, { id: 'F2', announced: true, magnitude: 0.8 }),
      fault('replacement', hvac, { id: 'F3', announced: false, end: START + STEP }),
    ];
    const meters = simulateMeters(site, faults, { seed: 1, fromMs: FROM });
    const { ct, pt } = pick(acrel);
    expect(recordsOf(faults, meters)).toEqual([
      { event: 'ratio', fault: 'F2', meter: acrel, at: START, ct: ct / 0.8, pt },
      {
        event: 'replacement',
        fault: 'F1',
        meter: water,
        at: START,
        ...meters.find(({ meter }) => meter.code === water)?.evidence.get('F1'),
      },
      { event: 'ratio', fault: 'F2', meter: acrel, at: END, ct, pt },
    ]);
  });
});

describe('faults of the building are consumed, and so they are the truth', () => {
  test('leak: so many times the mean flow, day and night', async () => {
    const { faulty, plain, got } = await withFault(fault('leak', water, { magnitude: 2 }));
    const extra = moved(got, START, END) - moved(plain, START, END);
    expect(extra).toBeCloseTo(2 * meanPerHour(pick(water).flow) * 5.75, 1);
    expect((total(faulty, water) - total(healthy, water)) / 100).toBeCloseTo(extra, 1);
    expect(total(faulty, feeder)).toBe(total(healthy, feeder));
  });

  test('air conditioning left on: at night only, and its feeder sees it too', async () => {
    const { faulty, plain, got } = await withFault(fault('ac-left-on', hvac, { magnitude: 1 }));
    const ratio = healthy.meters.get(hvac)?.ratio ?? 1;
    const extra = (moved(got, START, END) - moved(plain, START, END)) * ratio;
    const expected = meanPerHour(pick(hvac).flow) * 5.75;
    expect(extra / expected).toBeGreaterThan(0.7);
    expect(extra / expected).toBeLessThan(1.05);
    const more = (meter: string, decimals: number) => (total(faulty, meter) - total(healthy, meter)) / 10 ** decimals;
    expect(more(feeder, 2)).toBeCloseTo(extra, -1);
    expect(total(faulty, water)).toBe(total(healthy, water));
  });
});
