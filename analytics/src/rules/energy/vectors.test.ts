import { expect, test } from 'vitest';
import { dayType } from './calendar.ts';
import { changeRate, loadFactor, pooledReduction, powerUsageEffectiveness, reduction } from './change.ts';
import { addSums, type CarrierUse, convert, type FactorTable, intensities, sumsOf } from './comprehensive.ts';
import { addDays, dayNumber, timeline, weightedMean } from './dated.ts';
import { degreeDay } from './degree-days.ts';
import type { FactorVersion } from './factors.ts';
import { correctedOfficeQuota, progress, tierOf } from './quota-tier.ts';
import { decimal, toNumber, toText } from './rational.ts';
import { apportion, dayShare } from './shares.ts';
import { bandAt, costByBand, priceOf, TariffContent, tariffFault } from './tariff.ts';

/** Test vectors of the domain handbook §7; the name of each test carries the number. */
const carrier = (code: string, unit: string, converted = true) => ({ code, unit, converted, emits: converted });
const carriers = [
  carrier('electricity', 'kWh'),
  carrier('natural-gas', 'm³'),
  carrier('gasoline', 'L'),
  carrier('water', 'm³', false),
];

let id = 0;
const version = (
  kind: FactorVersion['kind'],
  of: string,
  variant: string,
  value: string,
  validFrom = '2000-01-01',
  recordedAt = 0,
): FactorVersion => {
  id += 1;
  return { id, kind, carrier: of, variant, value: decimal(value), validFrom, recordedAt };
};
const versions = [
  version('coefficient', 'electricity', 'calorific', '0.1229'),
  version('coefficient', 'electricity', 'equal-value', '0.30'),
  version('coefficient', 'natural-gas', 'calorific', '1.33'),
  version('coefficient', 'gasoline', 'calorific', '1.4714'),
  version('density', 'gasoline', 'calorific', '0.73'),
  version('emission', 'electricity', 'jiangsu', '0.5978', '2022-01-01'),
  version('emission', 'electricity', 'jiangsu', '0.5827', '2023-01-01'),
  version('emission', 'electricity', 'east-china', '0.5500', '2023-01-01'),
  version('emission', 'natural-gas', 'national', '2.1622'),
  version('emission', 'gasoline', 'national', '2.9251'),
];
const bases = new Map([
  ['calorific', null],
  ['equal-value', 'calorific'],
  ['jiangsu', 'national'],
  ['east-china', 'national'],
  ['national', null],
]);
const table = (set = 'calorific', emissionRegion = 'jiangsu'): FactorTable => ({
  versions,
  bases,
  coefficientSet: set,
  emissionRegion,
});
const use = (code: string, quantity: string, vehicle = false): CarrierUse => ({
  carrier: code,
  quantity: decimal(quantity),
  vehicle,
});
const year = [use('electricity', '1200000'), use('natural-gas', '60000'), use('gasoline', '8000', true)];
const base = { areaM2: decimal('20000'), persons: decimal('600'), waterM3: decimal('18000') };
const sums = (set?: string, region?: string, day = '2023-12-31', uses = year) =>
  sumsOf(convert(uses, carriers, table(set, region), day), base);

test('TV-01 kgce of electricity, gas and gasoline', () => {
  const converted = convert(year, carriers, table(), '2023-12-31');
  expect(converted.map(({ kgce }) => kgce && toText(kgce, 3))).toEqual(['147480.000', '79800.000', '8592.976']);
  expect(toText(sums().kgce, 3)).toBe('235872.976');
});

test('TV-02 per area without vehicle fuel, per capita with it, water', () => {
  const { perAreaKgce, perCapitaKgce, waterPerCapitaM3 } = intensities(sums());
  expect([perAreaKgce, perCapitaKgce, waterPerCapitaM3].map((one) => one && toNumber(one, 4))).toEqual([
    11.364, 393.1216, 30,
  ]);
});

test('TV-03 the equal value doubles the building: 439,800 kgce, 21.99 kgce/m²', () => {
  const equal = sums('equal-value');
  expect(toNumber(equal.kgce, 3) - toNumber(equal.vehicleKgce, 3)).toBeCloseTo(439_800, 3);
  expect(toNumber(intensities(equal).perAreaKgce ?? base.areaM2, 4)).toBe(21.99);
});

test.each([
  ['jiangsu', '2023-12-31', '846.0546', '42.303'],
  // a year without a factor of its own takes the nearest before it
  ['jiangsu', '2025-12-31', '846.0546', '42.303'],
])('TV-04 carbon with the factors of %s on %s', (region, day, tonnes, perArea) => {
  const result = sums('calorific', region, day);
  expect(toText({ num: result.kgCo2.num, den: result.kgCo2.den * 1000n }, 4)).toBe(tonnes);
  expect(toText(intensities(result).carbonPerAreaKg ?? base.areaM2, 3)).toBe(perArea);
});

test.each([
  ['jiangsu', '2022-12-31', '717360'],
  ['east-china', '2023-12-31', '660000'],
])('TV-04 electricity only, %s %s', (region, day, kg) => {
  expect(toText(sums('calorific', region, day, [use('electricity', '1200000')]).kgCo2, 0)).toBe(kg);
});

test('a carrier without a factor says so and is not counted as zero', () => {
  const [gas] = convert([use('natural-gas', '10')], carriers, { ...table(), versions: [] }, '2023-12-31');
  expect([gas?.kgce, gas?.missing]).toEqual([null, ['coefficient', 'emission']]);
});

test('water is not converted', () => {
  const [water] = convert([use('water', '10')], carriers, table(), '2023-12-31');
  expect([water?.kgce, water?.missing]).toEqual([null, []]);
});

test('a factor recorded later is not known before', () => {
  const later = [...versions, version('emission', 'electricity', 'jiangsu', '0.5500', '2023-01-01', 1_000)];
  const at = (knownOn: number) =>
    toText(
      sumsOf(
        convert([use('electricity', '100')], carriers, { ...table(), versions: later, knownOn }, '2023-12-31'),
        base,
      ).kgCo2,
      2,
    );
  expect([at(999), at(1_000)]).toEqual(['58.27', '55.00']);
});

test.each([
  ['329.56', '321.27', '0.0252'],
  ['18.48', '18.03', '0.0244'],
  ['21.53', '20.99', '0.0251'],
])('TV-05 reduction from %s to %s', (before, after, rate) => {
  expect(toText(reduction(decimal(after), decimal(before)) ?? base.areaM2, 4)).toBe(rate);
});

test('TV-06 saving rates, pooled as a ratio of sums', () => {
  const pairs = [
    { before: decimal('3220'), after: decimal('2769') },
    { before: decimal('10960'), after: decimal('9763') },
  ];
  const rates = pairs.map((pair) => toNumber(reduction(pair.after, pair.before) ?? base.areaM2, 4));
  expect(rates).toEqual([0.1401, 0.1092]);
  expect(toNumber(pooledReduction(pairs) ?? base.areaM2, 4)).toBe(0.1162);
});

const quota = { constraint: decimal('13'), base: decimal('10.5'), guide: decimal('8') };
test.each([
  ['11.364', 'high'],
  ['7.9', 'advanced'],
  ['13.0', 'high'],
  ['13.01', 'over-constraint'],
  ['8', 'advanced'],
  ['10.5', 'reasonable'],
])('TV-07 tier of %s is %s', (value, tier) => expect(tierOf(decimal(value), quota)).toBe(tier));

test('a quota out of order is refused', () => {
  expect(() => tierOf(decimal('1'), { ...quota, guide: decimal('20') })).toThrow(/guide <= base <= constraint/);
});

test.each([
  ['70', '94.164'],
  ['55', '73.986'],
])('TV-08 office quota %s corrected to %s', (standard, corrected) => {
  expect(toText(correctedOfficeQuota(decimal(standard), decimal('3000'), decimal('16')), 3)).toBe(corrected);
});

const jiangsu = (peak: string) =>
  TariffContent.parse({
    purchase: '0.40',
    other: '0.30',
    multipliers: { sharp: peak, peak, flat: '1', valley: '0.35' },
    seasons: [
      {
        months: [6, 7, 8, 12, 1, 2],
        slots: [
          { fromHour: 14, toHour: 22, band: 'peak' },
          { fromHour: 6, toHour: 11, band: 'flat' },
          { fromHour: 13, toHour: 14, band: 'flat' },
          { fromHour: 22, toHour: 24, band: 'flat' },
          { fromHour: 0, toHour: 6, band: 'valley' },
          { fromHour: 11, toHour: 13, band: 'valley' },
        ],
      },
      {
        months: [3, 4, 5, 9, 10, 11],
        slots: [
          { fromHour: 15, toHour: 22, band: 'peak' },
          { fromHour: 6, toHour: 10, band: 'flat' },
          { fromHour: 14, toHour: 15, band: 'flat' },
          { fromHour: 22, toHour: 2, band: 'flat' },
          { fromHour: 2, toHour: 6, band: 'valley' },
          { fromHour: 10, toHour: 14, band: 'valley' },
        ],
      },
    ],
  });

test('TV-19 prices by band and the bill of 100/120/80 kWh', () => {
  const content = jiangsu('1.7');
  expect(tariffFault(content)).toBeUndefined();
  expect((['peak', 'flat', 'valley'] as const).map((band) => toText(priceOf(content, band), 2))).toEqual([
    '0.98',
    '0.70',
    '0.44',
  ]);
  const bill = costByBand(content, [
    { band: 'peak', quantity: decimal('100') },
    { band: 'flat', quantity: decimal('120') },
    { band: 'valley', quantity: decimal('80') },
  ]);
  expect(
    toText(
      bill.reduce(
        (total, { cny }) => ({ num: total.num * cny.den + cny.num * total.den, den: total.den * cny.den }),
        decimal('0'),
      ),
      2,
    ),
  ).toBe('217.20');
});

test.each([
  ['two-part', '1.8', '1.02'],
  ['below 100 kVA', '1.6', '0.94'],
])('TV-19 peak of %s', (_, multiplier, price) => {
  expect(toText(priceOf(jiangsu(multiplier), 'peak'), 2)).toBe(price);
});

test('TV-20 a summer day split by band; load factor 0.6306', () => {
  const content = jiangsu('1.7');
  const kw = (hour: number) => (hour < 6 ? 40 : hour < 8 ? 60 : hour < 18 ? 150 : hour < 22 ? 80 : 45);
  const hourly = Array.from({ length: 24 }, (_, hour) => decimal(String(kw(hour))));
  const split = costByBand(
    content,
    hourly.map((quantity, hour) => ({ band: bandAt(content, 7, 'workday', hour), quantity })),
  );
  expect(split.map(({ band, quantity }) => [band, toNumber(quantity)])).toEqual([
    ['peak', 920],
    ['flat', 810],
    ['valley', 540],
  ]);
  expect(split.reduce((total, { cny }) => total + toNumber(cny, 4), 0)).toBeCloseTo(1706.2, 6);
  expect(toText(loadFactor(hourly) ?? decimal('0'), 4)).toBe('0.6306');
});

test('an hour without a band, or with two, is refused', () => {
  const content = jiangsu('1.7');
  const [summer, winter] = content.seasons;
  if (!summer || !winter) throw new Error('two seasons');
  expect(tariffFault({ ...content, seasons: [summer] })).toContain('month 3');
  expect(tariffFault({ ...content, seasons: [{ ...summer, slots: summer.slots.slice(1) }, winter] })).toContain(
    'hour 14',
  );
});

test('TV-28 progress of a quota', () => {
  expect(toText(progress(decimal('620'), decimal('1200')), 4)).toBe('0.5167');
});

test('TV-30 calendar: adjusted workday, holiday, sixteen workdays in February 2026', () => {
  expect(dayType('2026-02-14')).toEqual({ type: 'adjusted-workday', provisional: false });
  expect(dayType('2026-02-16').type).toBe('holiday');
  expect(dayType('2026-02-21').type).toBe('holiday');
  expect(dayType('2026-03-07').type).toBe('weekend');
  const days = Array.from({ length: 28 }, (_, i) => dayType(addDays('2026-02-01', i)).type);
  expect(days.filter((type) => type === 'workday' || type === 'adjusted-workday')).toHaveLength(16);
});

test.each([
  [2024, 251],
  [2025, 248],
  [2026, 248],
])('TV-30 workdays of %i: %i', (wanted, workdays) => {
  const start = dayNumber(`${wanted}-01-01`);
  const length = dayNumber(`${wanted + 1}-01-01`) - start;
  const types = Array.from({ length }, (_, i) => dayType(addDays(`${wanted}-01-01`, i)).type);
  expect(types.filter((type) => type === 'workday' || type === 'adjusted-workday')).toHaveLength(workdays);
});

test('an unpublished year is provisional, and a person may know better', () => {
  expect(dayType('2031-10-01')).toEqual({ type: 'workday', provisional: true });
  expect(dayType('2031-10-01', new Map([['2031-10-01', 'holiday']]))).toEqual({ type: 'holiday', provisional: false });
});

test('area and users count by their days; a late opening counts for its part of the year', () => {
  const fact = (validFrom: string, value: string, recordedAt = 0) => {
    id += 1;
    return { id, validFrom, value: decimal(value), recordedAt };
  };
  const half = weightedMean(
    timeline([fact('2025-01-01', '100'), fact('2025-07-02', '200')]),
    '2025-01-01',
    '2026-01-01',
  );
  // 182 days of 100 and 183 of 200
  expect(half && toNumber(half.value, 4)).toBe(150.137);
  const late = weightedMean(timeline([fact('2025-07-02', '365')]), '2025-01-01', '2026-01-01');
  expect(late && toNumber(late.value)).toBe(183);
  const corrected = timeline([fact('2025-01-01', '100', 5), fact('2025-01-01', '90', 9)]);
  expect(corrected.map(({ value }) => toNumber(value))).toEqual([90]);
  expect(
    timeline([fact('2025-01-01', '100', 5), fact('2025-01-01', '90', 9)], 8).map(({ value }) => toNumber(value)),
  ).toEqual([100]);
  expect(weightedMean([], '2025-01-01', '2026-01-01')).toBeUndefined();
});

test('year on year against nothing is unknown, against a negative keeps its sign', () => {
  expect(changeRate(decimal('1'), decimal('0'))).toBeNull();
  expect(changeRate(decimal('1'), null)).toBeNull();
  expect(toNumber(changeRate(decimal('-1'), decimal('-2')) ?? decimal('0'))).toBe(0.5);
  expect(powerUsageEffectiveness(decimal('180'), decimal('0'))).toBeNull();
  expect(toNumber(powerUsageEffectiveness(decimal('180'), decimal('100')) ?? decimal('0'))).toBe(1.8);
});

test('many institutions: the ratio of sums, not the mean of ratios', () => {
  const one = { ...sums(), areaM2: decimal('1000') };
  const other = { ...sums(), areaM2: decimal('19000') };
  const both = intensities(addSums(one, other));
  expect(both.perAreaKgce && toNumber(both.perAreaKgce)).toBe(22.728);
});

test('a bill is shared over its days to the last count, and apportioning loses nothing', () => {
  const days = Array.from({ length: 31 }, (_, i) =>
    dayShare(1000n, '2026-01-01', '2026-02-01', addDays('2026-01-01', i), addDays('2026-01-01', i + 1)),
  );
  expect(days.reduce((total, one) => total + one, 0n)).toBe(1000n);
  expect(new Set(days)).toEqual(new Set([32n, 33n]));
  expect(dayShare(1000n, '2026-01-01', '2026-02-01', '2025-12-01', '2026-03-01')).toBe(1000n);
  expect(dayShare(1000n, '2026-01-01', '2026-02-01', '2026-02-01', '2026-03-01')).toBe(0n);
  expect(apportion(100n, ['1', '1', '1'].map(decimal))).toEqual([34n, 33n, 33n]);
  expect(apportion(-100n, ['1', '2'].map(decimal))).toEqual([-33n, -67n]);
  expect(apportion(100n, ['0', '0'].map(decimal))).toBeUndefined();
});

test('degree days need twenty hours', () => {
  expect(
    degreeDay(
      '2026-01-01',
      Array.from({ length: 24 }, () => 3.5),
    ),
  ).toMatchObject({ heating: 14.5, cooling: 0 });
  expect(
    degreeDay(
      '2026-07-01',
      Array.from({ length: 20 }, () => 29),
    ),
  ).toMatchObject({ heating: 0, cooling: 3 });
  expect(
    degreeDay(
      '2026-07-01',
      Array.from({ length: 19 }, () => 29),
    ),
  ).toMatchObject({ meanC: null, hours: 19 });
});
