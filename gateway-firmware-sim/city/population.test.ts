import { GATEWAY_CODE } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { TEMPLATES } from '../firmware/index.ts';
import { DIVISIONS, TYPES } from './population/catalogue.ts';
import { chineseNumber } from './population/names.ts';
import { makePopulation } from './population.ts';

const city = makePopulation();
const tally = (values: readonly string[]) =>
  Object.fromEntries([...Map.groupBy(values, (v) => v)].map(([k, v]) => [k, v.length]));

test('1,960 institutions over eight divisions and the types, in the given numbers', () => {
  expect(city.institutions).toHaveLength(1_960);
  expect(tally(city.institutions.map(({ divisionCode }) => divisionCode))).toEqual(
    Object.fromEntries(DIVISIONS.map(({ code, institutions }) => [code, institutions])),
  );
  expect(tally(city.institutions.map(({ typeCode }) => typeCode))).toEqual(
    Object.fromEntries(TYPES.map(({ code, institutions }) => [code, institutions])),
  );
});

test('codes and names are unique', () => {
  const { institutions, meters, gateways } = city;
  for (const values of [
    institutions.map(({ code }) => code),
    institutions.map(({ nameZh }) => nameZh),
    institutions.map(({ nameEn, divisionCode }) => `${divisionCode} ${nameEn}`),
    meters.map(({ code }) => code),
    gateways.map(({ code }) => code),
  ]) {
    expect(new Set(values).size).toBe(values.length);
  }
});

test('areas are log-normal: median near 3,000 m², about one in twenty above 20,000', () => {
  const areas = city.institutions.map(({ areaM2 }) => areaM2).sort((a, b) => a - b);
  expect(areas[980]).toBeGreaterThan(2_700);
  expect(areas[980]).toBeLessThan(3_300);
  const big = areas.filter((area) => area > 20_000).length / areas.length;
  expect(big).toBeGreaterThan(0.035);
  expect(big).toBeLessThan(0.065);
});

test('the same seed makes the same city; more sites leave the earlier ones alone', () => {
  expect(makePopulation()).toEqual(city);
  expect(makePopulation({ seed: 2 }).institutions).not.toEqual(city.institutions);
  const more = makePopulation({ sites: 60 });
  expect(more.gateways.slice(0, city.gateways.length)).toEqual(city.gateways);
  expect(more.meters.slice(0, city.meters.length)).toEqual(city.meters);
  expect(makePopulation({ sites: 1_960 }).gateways).toHaveLength(1_960);
});

test('24 sites show all divisions and types, with four to seven meters each', () => {
  const sites = city.institutions.filter(({ code }) =>
    city.gateways.some(({ institutionCode }) => institutionCode === code),
  );
  expect(new Set(sites.map(({ divisionCode }) => divisionCode)).size).toBe(8);
  expect(new Set(sites.map(({ typeCode }) => typeCode)).size).toBeGreaterThanOrEqual(8);
  const counts = [...Map.groupBy(city.meters, ({ gatewayCode }) => gatewayCode).values()].map(
    (meters) => meters.length,
  );
  expect(counts).toHaveLength(24);
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(4);
  expect(Math.max(...counts)).toBeLessThanOrEqual(7);
  const used = new Set(city.meters.map(({ template }) => template));
  expect([...used].filter((id) => !TEMPLATES.has(id))).toEqual([]);
  expect(used.size).toBeGreaterThanOrEqual(4);
  expect(city.meters.filter(({ template }) => template === 'opcfoundation-ecm').length).toBeGreaterThanOrEqual(2);
  for (const { code } of city.gateways) expect(code).toMatch(GATEWAY_CODE);
});

test('a sub meter stands after its parent, at the same site; one site has two main meters', () => {
  const seen = new Map<string, string>();
  for (const meter of city.meters) {
    if (meter.role === 'sub') expect(seen.get(meter.parentCode ?? '')).toBe(meter.institutionCode);
    else expect(meter.parentCode).toBeNull();
    seen.set(meter.code, meter.institutionCode);
  }
  const mains = tally(city.meters.filter(({ role }) => role === 'main').map(({ institutionCode }) => institutionCode));
  expect(Object.values(mains).filter((count) => count === 2)).toHaveLength(1);
});

test('transformers stand only where the server multiplies', () => {
  for (const { template, ct } of city.meters) if (TEMPLATES.get(template)?.ratioInMeter) expect(ct).toBe(1);
  const mainRatios = city.meters.filter(({ role, ct }) => role === 'main' && ct > 1).map(({ ct }) => ct);
  expect(mainRatios.length).toBeGreaterThan(12);
});

test('every institution has a sample quota in order', () => {
  expect(city.quotas).toHaveLength(1_960);
  for (const { constraint, base, guide, sample } of city.quotas) {
    expect(sample).toBe(true);
    expect(constraint).toBeGreaterThanOrEqual(base);
    expect(base).toBeGreaterThanOrEqual(guide);
  }
});

test('Chinese numbers', () => {
  expect([1, 9, 10, 11, 20, 23].map(chineseNumber)).toEqual(['一', '九', '十', '十一', '二十', '二十三']);
});
