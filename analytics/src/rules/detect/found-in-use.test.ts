import { DAY, HOUR } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { BLOCK_MS, blockStart, type DetectMeter, gridOf, hourOfBlock, type Series, workingBlocks } from './blocks.ts';
import { defaultThresholds } from './defaults.ts';
import { expectedOf, peerCourses, useOf } from './expect.ts';
import { atMeter, type Finding } from './finding.ts';
import { withoutEchoes } from './kin.ts';
import { nightLeaks } from './leak.ts';
import { leftOn } from './left-on.ts';
import { type RatioMember, wrongRatios } from './ratio.ts';
import { swappedChildren } from './swap.ts';

/** Four weeks from a Monday; six like meters, of which one is struck. */
const FROM = Date.parse('2026-06-01T02:00:00+08:00');
const DAYS = 28;
const grid = gridOf(FROM, FROM + DAYS * DAY);
const working = workingBlocks(grid);
const thresholds = defaultThresholds('office');

const meter = (id: number, rest: Partial<DetectMeter> = {}): DetectMeter => ({
  ...{ id, code: `E${id}`, institutionId: 1, gatewayId: 1, divisionCode: '320411', typeCode: 'office' },
  ...{ medium: 'electricity', role: 'sub', parentId: 9, item: 'B', intervalS: 900, unit: 'kWh', step: 0.001 },
  ...rest,
});
const isDay = (block: number): boolean =>
  (working[block] ?? false) && hourOfBlock(grid, block) >= 8 && hourOfBlock(grid, block) <= 17;
/** Noise that is the same at every run, within two percent. */
const noise = (id: number, block: number): number => 1 + 0.02 * Math.sin(id * 12.9898 + block * 78.233);
const usual = (id: number, scale: number): Series => {
  const rate = Float64Array.from(
    { length: grid.count },
    (_, block) => scale * (isDay(block) ? 1 : 0.2) * noise(id, block),
  );
  return { rate, low: rate };
};
const inside = (fromDay: number, toDay: number) => (block: number) =>
  blockStart(grid, block) >= FROM + fromDay * DAY && blockStart(grid, block) < FROM + toDay * DAY;
const changed = ({ rate }: Series, change: (value: number, block: number) => number): Series => {
  const next = rate.map(change);
  return { rate: next, low: next };
};

/** Meters 1 to 6 as they usually are, but for those given. */
function members(struck: ReadonlyMap<number, Series>): Map<number, RatioMember> {
  const meters = [1, 2, 3, 4, 5, 6].map((id) => meter(id));
  const series = new Map(meters.map(({ id }) => [id, struck.get(id) ?? usual(id, 4 + id)]));
  const courses = peerCourses(meters, series, grid);
  return new Map(
    meters.flatMap((one) => {
      const own = series.get(one.id);
      const expected = own && expectedOf(one, own, courses.get(useOf(one)), grid, working);
      return own && expected ? [[one.id, { meter: one, series: own, expected }] as const] : [];
    }),
  );
}
const days = ({ fromMs, toMs }: Finding) => [
  Math.round((fromMs - FROM) / DAY),
  toMs === undefined ? undefined : Math.round((toMs - FROM) / DAY),
];
function allOf(struck: ReadonlyMap<number, Series>): Finding[] {
  const known = members(struck);
  const each = [...known.values()].flatMap((one) => [
    ...leftOn(one.meter, one.series, one.expected, grid, working, thresholds.leftOn),
    ...wrongRatios(one, known, () => [], grid, working, thresholds.ratio),
  ]);
  return withoutEchoes(
    [...each, ...swappedChildren([...known.values()], grid, thresholds.swap)],
    [...known.values()].map((one) => one.meter),
  );
}
const found = (struck: ReadonlyMap<number, Series>) =>
  allOf(struck).map((finding) => [finding.kind, finding.meterIds, ...days(finding)]);

test('nothing is found where nothing is', () => {
  expect(found(new Map())).toEqual([]);
});

test.each([40 / 50, 50 / 40, 40, 1 / 40])('a ratio %f times off for six days is a wrong ratio', (factor) => {
  const during = inside(10, 16);
  const struck = changed(usual(2, 6), (value, block) => (during(block) ? value * factor : value));
  expect(found(new Map([[2, struck]]))).toEqual([['ct-misset', [2], 10, 16]]);
});

test('a wrong ratio for most of the time, enclosed by the usual state, is still the fault', () => {
  const during = inside(4, 22);
  const struck = changed(usual(2, 6), (value, block) => (during(block) ? value * 1.25 : value));
  expect(found(new Map([[2, struck]]))).toEqual([['ct-misset', [2], 4, 22]]);
});

test('running while nobody is there, over a weekend too, was left on and is no wrong ratio', () => {
  const during = inside(11, 14);
  const struck = changed(usual(2, 6), (value, block) => (during(block) && !isDay(block) ? value + 4 : value));
  expect(found(new Map([[2, struck]]))).toEqual([['ac-left-on', [2], 11, 14]]);
});

test('two meters that show each other are swapped, not two wrong ratios', () => {
  const during = inside(10, 16);
  const [a, b] = [usual(1, 5), usual(2, 8)];
  const struck = new Map([
    [1, changed(a, (value, block) => (during(block) ? (b.rate[block] ?? 0) : value))],
    [2, changed(b, (value, block) => (during(block) ? (a.rate[block] ?? 0) : value))],
  ]);
  expect(found(struck)).toEqual([['swapped-children', [1, 2], 10, 16]]);
});

test('a leak is three nights in a row above the usual; two are none', () => {
  const water = meter(1, { medium: 'water', role: 'main', parentId: null, item: null });
  const leaking = (toDay: number) => {
    const during = inside(10, toDay);
    return changed(usual(1, 1), (value, block) => (during(block) ? value + 0.5 : value));
  };
  expect(nightLeaks(water, leaking(14), grid, thresholds.leak).map(days)).toEqual([[10, 14]]);
  expect(nightLeaks(water, leaking(12), grid, thresholds.leak)).toEqual([]);
  expect(BLOCK_MS).toBe(3 * HOUR);
});

test('a leak explains one above it by its amount only: two may run at once', () => {
  const [main, sub] = [meter(1, { parentId: null, role: 'main' }), meter(2, { parentId: 1 })];
  const leak = (id: number, perMonth: number) =>
    atMeter(id, {
      ...{ kind: 'leak', fromMs: FROM, toMs: FROM + 5 * DAY, evidence: {} },
      extra: { amount: perMonth / 6, perMonth },
    });
  const left = (above: number, below: number) =>
    withoutEchoes([leak(1, above), leak(2, below)], [main, sub]).map(({ meterIds }) => meterIds[0]);
  expect(left(105, 100)).toEqual([2]);
  expect(left(500, 100)).toEqual([1, 2]);
});
