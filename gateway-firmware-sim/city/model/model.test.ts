import { DAY, HOUR, MINUTE, yearStart } from '@ganzhi/schemas';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CityMeter } from '../population.ts';
import { makePopulation } from '../population.ts';
import { dayKind } from './calendar.ts';
import { createMeterModel } from './meter-model.ts';
import { meterRegisters } from './registers.ts';
import { temperatureC } from './weather.ts';

const SEED = 7;
const EPOCH = yearStart(2026);
const city = makePopulation();
const at = (text: string) => Date.parse(`${text}+08:00`);
const model = (meter: CityMeter) => createMeterModel({ seed: SEED, meter, epochMs: EPOCH });
const meterOf = (test: (meter: CityMeter) => boolean): CityMeter => {
  const found = city.meters.find(test);
  if (!found) throw new Error('no such meter');
  return found;
};
const office = meterOf(({ role, load }) => role === 'main' && load.typeCode === 'office');
const anyTime = fc.integer({ min: EPOCH, max: EPOCH + 300 * DAY });

test('two processes agree, whatever was asked before', () => {
  const [a, b] = [model(office), model(office)];
  a.energyKwh(EPOCH + 200 * DAY);
  fc.assert(
    fc.property(anyTime, (t) => {
      expect(b.energyKwh(t)).toBe(a.energyKwh(t));
      expect(b.powerKw(t)).toBe(a.powerKw(t));
    }),
    { numRuns: 50 },
  );
});

test('energy never falls, and power is its slope', () => {
  const { energyKwh, powerKw } = model(office);
  fc.assert(
    fc.property(anyTime, fc.integer({ min: 1, max: 40 * DAY }), (t, later) => {
      expect(energyKwh(t + later)).toBeGreaterThanOrEqual(energyKwh(t));
      const knot = Math.floor(t / (15 * MINUTE)) * 15 * MINUTE;
      const inside = knot + 7 * MINUTE;
      const slope = (energyKwh(inside + MINUTE) - energyKwh(inside - MINUTE)) / (2 / 60);
      expect(slope).toBeCloseTo(powerKw(inside), 3);
    }),
    { numRuns: 100 },
  );
});

test('nothing moves before the meter is installed', () => {
  const { energyKwh, powerKw } = model(office);
  expect(energyKwh(EPOCH - DAY)).toBe(energyKwh(EPOCH));
  expect(powerKw(EPOCH - DAY)).toBe(0);
});

test("a year comes near the institution's annual figure", () => {
  const { energyKwh } = model(office);
  const year = energyKwh(yearStart(2027)) - energyKwh(EPOCH);
  expect(year / office.load.annualKwh).toBeGreaterThan(0.93);
  expect(year / office.load.annualKwh).toBeLessThan(1.07);
});

test('sub-meters stay below their main meter, with a small unexplained rest', () => {
  for (const main of city.meters.filter(({ role }) => role === 'main').slice(0, 8)) {
    const use = (meter: CityMeter) => {
      const { energyKwh } = model(meter);
      return energyKwh(EPOCH + 40 * DAY) - energyKwh(EPOCH + 10 * DAY);
    };
    const subs = city.meters.filter(({ parentCode }) => parentCode === main.code);
    const rest = 1 - subs.reduce((sum, meter) => sum + use(meter), 0) / use(main);
    expect(rest).toBeGreaterThan(0);
    // A site without a meter for special use leaves that unexplained too.
    expect(rest).toBeLessThan(0.2);
  }
});

test('an office sleeps at night, at weekends and on holidays', () => {
  const { energyKwh } = model(office);
  const day = (date: string) => energyKwh(at(`${date}T24:00:00`)) - energyKwh(at(`${date}T00:00:00`));
  const [workday, saturday, holiday] = [day('2026-05-13'), day('2026-05-16'), day('2026-10-03')];
  expect(saturday / workday).toBeGreaterThan(0.25);
  expect(saturday / workday).toBeLessThan(0.6);
  expect(holiday / day('2026-10-14')).toBeLessThan(0.55);
  const night = energyKwh(at('2026-05-13T05:00:00')) - energyKwh(at('2026-05-13T02:00:00'));
  const share = night / 3 / (workday / 24);
  expect(share).toBeGreaterThan(0.28);
  expect(share).toBeLessThan(0.6);
});

test('days are of the kind the State Council gave them', () => {
  const kinds = ['2026-02-14', '2026-02-16', '2026-02-28', '2026-05-16', '2026-11-23'].map((date) =>
    dayKind(at(`${date}T12:00:00`)),
  );
  expect(kinds).toEqual(['workday', 'holiday', 'workday', 'weekend', 'workday']);
});

test('July is hot, January cold, the afternoon warmer than the night', () => {
  const mean = (month: string) =>
    Array.from({ length: 28 * 24 }, (_, h) => temperatureC(at(`2026-${month}-01T00:00:00`) + h * HOUR)).reduce(
      (a, b) => a + b,
    ) /
    (28 * 24);
  expect(Math.abs(mean('07') - 29)).toBeLessThan(2);
  expect(Math.abs(mean('01') - 3.5)).toBeLessThan(2);
  expect(temperatureC(at('2026-05-13T15:00:00'))).toBeGreaterThan(temperatureC(at('2026-05-13T03:00:00')));
});

test('a meter that leaves the ratio to the server shows the secondary side', () => {
  const meter = meterOf(({ template, ct }) => template === 'acrel-dtsd1352' && ct > 1);
  const primary = model(meter);
  const registers = meterRegisters(meter, primary)(at('2026-05-13T10:00:00'));
  expect((registers['energy.import'] ?? 0) * meter.ct).toBeCloseTo(primary.energyKwh(at('2026-05-13T10:00:00')), 6);
  expect(registers['current.a']).toBeLessThan(5);
  expect(registers['voltage.a']).toBeGreaterThan(225);
});
