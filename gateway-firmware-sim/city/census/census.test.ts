import { GATEWAY_CODE } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { templateById } from '../../firmware/index.ts';
import { DEFAULT_SITES, makePopulation } from '../population.ts';
import { makeCensus } from './census.ts';
import { meanPerHour } from './meter.ts';

const census = makeCensus();
const bySite = Map.groupBy(census.meters, ({ institutionCode }) => institutionCode);

test('about 23,500 meters of four media at 1,960 institutions', () => {
  expect(census.gateways).toHaveLength(1_960);
  expect(Math.abs(census.meters.length - 23_500)).toBeLessThan(1_000);
  expect(new Set(census.meters.map(({ code }) => code)).size).toBe(census.meters.length);
  expect(new Set(census.meters.map(({ medium }) => medium))).toEqual(new Set(['electricity', 'water', 'gas', 'heat']));
  for (const { code } of census.gateways) expect(code).toMatch(GATEWAY_CODE);
});

test('small sites have 2 to 4 meters, typical ones 5 to 20, big ones 50 to 300', () => {
  const counts = (from: number, to: number) =>
    census.sites
      .slice(DEFAULT_SITES)
      .flatMap(({ code, areaM2 }) => (areaM2 >= from && areaM2 < to ? [bySite.get(code)?.length ?? 0] : []));
  const [small, typical, big] = [counts(0, 1_500), counts(1_500, 20_000), counts(20_000, Number.POSITIVE_INFINITY)];
  expect([Math.min(...small), Math.max(...small)]).toEqual([2, 4]);
  expect(Math.min(...typical)).toBeGreaterThanOrEqual(5);
  expect(Math.max(...typical)).toBeLessThanOrEqual(20);
  expect(Math.min(...big)).toBeGreaterThanOrEqual(50);
  expect(Math.max(...big)).toBeLessThanOrEqual(300);
});

test('the same seed makes the same city; fewer institutions are the first of more', () => {
  const few = makeCensus({ institutions: 60 });
  expect(few.gateways).toEqual(census.gateways.slice(0, 60));
  expect(few.meters).toEqual(census.meters.slice(0, few.meters.length));
  expect(makeCensus({ seed: 2, institutions: 60 }).meters).not.toEqual(few.meters);
});

test('a code means the same meter as in the demonstration city, whose 24 sites keep all of theirs', () => {
  const byCode = new Map(census.meters.map((meter) => [meter.code, meter]));
  const demonstration = makePopulation({ sites: 100 });
  const own = new Set(demonstration.gateways.slice(0, DEFAULT_SITES).map(({ institutionCode }) => institutionCode));
  for (const { load, ...meter } of demonstration.meters) {
    const found = byCode.get(meter.code);
    if (own.has(meter.institutionCode)) expect(found).toBeDefined();
    if (found) expect(found).toMatchObject({ ...meter, flow: { annual: load.annualKwh, parts: load.parts } });
  }
});

test('parents come first, at the same site and of the same medium, and see more than their children together', () => {
  const seen = new Map<string, (typeof census.meters)[number]>();
  const children = new Map<string, number>();
  for (const meter of census.meters) {
    seen.set(meter.code, meter);
    if (meter.role === 'main') {
      expect(meter.parentCode).toBeNull();
      continue;
    }
    const parent = seen.get(meter.parentCode ?? '');
    expect(parent).toMatchObject({ institutionCode: meter.institutionCode, medium: meter.medium });
    children.set(meter.parentCode ?? '', (children.get(meter.parentCode ?? '') ?? 0) + meanPerHour(meter.flow));
  }
  for (const [code, sum] of children) {
    const parent = seen.get(code);
    if (parent) expect(sum).toBeLessThanOrEqual(meanPerHour(parent.flow) * (1 + 1e-9));
  }
});

test('transformers stand only where the server multiplies', () => {
  for (const { template, ct } of census.meters) if (templateById(template).ratioInMeter) expect(ct).toBe(1);
});
