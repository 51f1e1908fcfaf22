import { DAY, dateText } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { blockStart, type DetectMeter, gridOf, hourOfBlock, type Series, workingBlocks } from '../blocks.ts';
import { defaultThresholds } from '../defaults.ts';
import type { Expected } from '../expect.ts';
import type { Finding } from '../finding.ts';
import { type THRESHOLDS, thresholdsOn } from '../thresholds.ts';
import { holidayUse } from './holiday.ts';
import { wasteOfHouse } from './house.ts';
import { alwaysOn, offHours } from './shares.ts';
import { stepChanges } from './step.ts';
import { isInUse } from './subject.ts';
import { heatingAndCooling, mildWeatherCooling } from './weather.ts';

// six weeks with the holiday of National Day in them
const FROM = Date.parse('2026-09-07T02:00:00+08:00');
const grid = gridOf(FROM, FROM + 42 * DAY);
const working = workingBlocks(grid);
const dayOf = (block: number) => Math.floor(block / 8);
const dateOf = (block: number) => dateText(blockStart(grid, block));
const isHoliday = (block: number) => dateOf(block) >= '2026-10-01' && dateOf(block) <= '2026-10-07';
const inUse = (block: number) => isInUse({ grid, working }, block);

const meter = (over: Partial<DetectMeter> = {}): DetectMeter => ({
  ...{
    id: 1,
    code: 'M-1',
    institutionId: 1,
    gatewayId: 1,
    divisionCode: '320412',
    typeCode: 'office',
    medium: 'electricity',
  },
  ...{ role: 'main', parentId: null, item: null, intervalS: 900, unit: 'kWh', step: 0.01 },
  ...over,
});
const course = (at: (block: number) => number) => Float64Array.from({ length: grid.count }, (_, block) => at(block));
const seriesOf = (at: (block: number) => number): Series => ({ rate: course(at), low: course(at) });
/** An office: 10 kW while people are there, 3 kW else. Its peers show the same. */
const office = (block: number) => (inUse(block) ? 10 : 3);
const peers = course((block) => office(block) / 5);
const subject = (at: (block: number) => number) => ({
  meter: meter(),
  series: seriesOf(at),
  course: peers,
  grid,
  working,
});
const limits = <D extends keyof typeof THRESHOLDS>(detector: D) =>
  thresholdsOn([], detector, { typeCode: 'office', day: '2026-10-01' });

const when = (found: readonly Finding[]) =>
  found.map(({ kind, fromMs, toMs }) => [kind, dateText(fromMs), toMs === undefined ? null : dateText(toMs)]);

test.each<[string, (block: number) => number, (string | null)[][]]>([
  ['an office like its peers', office, []],
  ['twice the office, the same course', (block) => 2 * office(block), []],
  [
    'runs at night from the second week on',
    (block) => (dayOf(block) >= 7 ? Math.max(8, office(block)) : office(block)),
    [['always-on', '2026-09-07', null]],
  ],
  [
    'and stops',
    (block) => (dayOf(block) < 20 ? Math.max(8, office(block)) : office(block)),
    [['always-on', '2026-09-07', '2026-09-30']],
  ],
])('always on: %s', (_, at, expected) => {
  const found = when(alwaysOn(subject(at), limits('always-on')));
  expect(found.map(([kind]) => kind)).toEqual(expected.map(([kind]) => kind));
  expect(found.map(([, , to]) => to === null)).toEqual(expected.map(([, , to]) => to === null));
});

test('always on: the extra is what runs beyond the peers, and nothing is said of too few days', () => {
  const [found] = alwaysOn(
    subject((block) => Math.max(8, office(block))),
    limits('always-on'),
  );
  expect(found?.extra?.perMonth).toBeGreaterThan(2_000);
  expect(found?.plot?.found.length).toBe(found?.plot?.expected.length);
  const gaps = (block: number) => (block % 2 === 0 ? Number.NaN : Math.max(8, office(block)));
  expect(alwaysOn(subject(gaps), limits('always-on'))).toEqual([]);
});

test.each<[string, (block: number) => number, number]>([
  ['an office like its peers, though above the handbook’s 30 %', office, 0],
  ['evenings and weekends at full power', (block) => (hourOfBlock(grid, block) === 2 ? 3 : 10), 1],
  ['nothing is used', () => 0, 0],
])('off hours: %s', (_, at, count) => {
  expect(offHours(subject(at), limits('off-hours'))).toHaveLength(count);
});

test.each<[string, (block: number) => number, number]>([
  ['closed as its peers', office, 0],
  ['runs as on a day of work', (block) => (isHoliday(block) ? 9 : office(block)), 1],
  ['half of it unknown', (block) => (isHoliday(block) ? (block % 2 ? 9 : Number.NaN) : office(block)), 1],
  ['most of it unknown', (block) => (isHoliday(block) ? (block % 8 ? Number.NaN : 9) : office(block)), 0],
])('holiday: %s', (_, at, count) => {
  const found = holidayUse(subject(at), limits('holiday'));
  expect(found).toHaveLength(count);
  for (const one of found) expect(when([one])[0]?.slice(0, 2)).toEqual(['holiday-use', '2026-10-01']);
});

const noise = (block: number) => 1 + 0.02 * Math.sin(block * 12.9898);
const expected: Expected = { rate: course(office), sigma: 0.03, by: 'peers' };
test.each<[string, (block: number) => number, Expected, string[]]>([
  ['noise', (block) => office(block) * noise(block), expected, []],
  [
    'a third more from day 20 on',
    (block) => office(block) * noise(block) * (dayOf(block) < 20 ? 1 : 1.33),
    expected,
    ['2026-09-27'],
  ],
  [
    'a tenth more is less than asked for',
    (block) => office(block) * noise(block) * (dayOf(block) < 20 ? 1 : 1.1),
    expected,
    [],
  ],
  ['a third less is no waste', (block) => office(block) * noise(block) * (dayOf(block) < 20 ? 1 : 0.67), expected, []],
  [
    'two wild days',
    (block) => office(block) * noise(block) * (dayOf(block) === 20 || dayOf(block) === 21 ? 5 : 1),
    expected,
    [],
  ],
  [
    'where only like days tell, it may be the weather',
    (block) => office(block) * (dayOf(block) < 20 ? 1 : 2),
    { ...expected, by: 'like-days' },
    [],
  ],
])('step: %s', (_, at, should, from) => {
  const found = stepChanges(subject(at), should, limits('step'));
  expect(found.map(({ fromMs }) => dateText(fromMs))).toEqual(from);
});

// every other day is mild
const outdoor = course((block) => (dayOf(block) % 2 === 0 ? 20 : 32));
const cools = (block: number) => (inUse(block) ? (dayOf(block) % 2 === 0 ? 2 : 10) : 0.5);
const conditioner = (at: (block: number) => number) => ({
  ...subject(at),
  course: course((block) => cools(block) / 3),
});
test.each<[string, (block: number) => number, Float64Array, number]>([
  ['as its peers', cools, outdoor, 0],
  ['as hard as on hot days', (block) => (inUse(block) ? 10 : 0.5), outdoor, 1],
  ['no temperatures on record', (block) => (inUse(block) ? 10 : 0.5), course(() => Number.NaN), 0],
  ['never mild', (block) => (inUse(block) ? 10 : 0.5), course(() => 32), 0],
])('cooling in mild weather: %s', (_, at, temperature, count) => {
  expect(mildWeatherCooling(conditioner(at), temperature, limits('weather'))).toHaveLength(count);
});

const heated = (from: number, to: number) => (block: number) =>
  dayOf(block) >= from && dayOf(block) < to && inUse(block) ? 6 : 0.1;
test.each<[string, (block: number) => number, number, number]>([
  ['heat runs for a week of cooling', heated(7, 14), 24, 1],
  ['heat runs for a morning', (block) => (block === 75 ? 6 : 0.1), 24, 0],
  ['it is cold', heated(7, 14), 8, 0],
])('heating and cooling at once: %s', (_, at, celsius, count) => {
  const heat = { meter: meter({ id: 2, code: 'H-1', medium: 'heat' }), series: seriesOf(at), grid };
  const cooling = {
    meter: meter({ id: 3, code: 'B-1', item: 'B' }),
    series: seriesOf((block) => (inUse(block) ? 10 : 0.5)),
  };
  const found = heatingAndCooling(
    heat,
    cooling,
    course(() => celsius),
    limits('both'),
  );
  expect(found).toHaveLength(count);
  for (const one of found) expect(one.meterIds).toEqual([2, 3]);
});

test('a house: what a sub-meter shows is not told again at the meter above, nor what another finding explains', () => {
  const stepped = (block: number) => office(block) * noise(block) * (dayOf(block) < 20 ? 1 : 1.5);
  const sub = meter({ id: 2, code: 'M-2', role: 'sub', parentId: 1, item: 'A' });
  const house = {
    ...{
      meters: [meter(), sub],
      grid,
      working,
      outdoorC: course(() => Number.NaN),
      thresholds: defaultThresholds('office'),
    },
    series: new Map([1, 2].map((id) => [id, seriesOf(stepped)])),
    expected: new Map([1, 2].map((id) => [id, expected])),
    courses: new Map([
      ['office|electricity|main', peers],
      ['office|electricity|A', peers],
    ]),
  };
  const found = wasteOfHouse(house, []);
  expect(found.map(({ kind, unit }) => `${kind} ${unit}`)).toEqual(['step-change meter/2']);
  expect(
    wasteOfHouse(
      house,
      found.map((one) => ({ ...one, kind: 'ct-misset' as const })),
    ),
  ).toEqual([]);
});

test.each([
  [[], 0.45],
  [[{ typeCode: null, value: 0.5, validFrom: '2026-01-01' }], 0.5],
  [[{ typeCode: null, value: 0.5, validFrom: '2026-11-01' }], 0.45],
  [
    [
      { typeCode: 'office', value: 0.7, validFrom: '2026-01-01' },
      { typeCode: null, value: 0.5, validFrom: '2026-02-01' },
    ],
    0.7,
  ],
  [[{ typeCode: 'hospital', value: 0.7, validFrom: '2026-01-01' }], 0.45],
])('thresholds in force: %j', (rows, value) => {
  const held = rows.map((row, i) => ({ detector: 'always-on', name: 'ratio', recordedAt: i, ...row }));
  expect(thresholdsOn(held, 'always-on', { typeCode: 'office', day: '2026-10-01' }).ratio).toBe(value);
});
