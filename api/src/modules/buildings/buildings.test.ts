import { DAY, HOUR } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bookHours, startHarness, storeReadings } from '../../../test/harness.ts';

/** House A: P-1 with its sub-meter P-11, and S-1 below a meter outside; house B: nothing read yet. */
const at = (text: string) => Date.parse(`${text}+08:00`);
const NOW = at('2026-11-15T12:00:00');
const harness = await startHarness({ now: NOW });
const { owner, get } = harness;
afterAll(() => harness.stop());

const { institutionId, meters } = await fixtureRegistry(owner, {
  meters: [
    { code: 'P-1' },
    { code: 'P-11', parent: 'P-1' },
    { code: 'M-1' },
    { code: 'S-1', parent: 'M-1' },
    { code: 'B-1' },
  ],
});
const meter = (code: string) => meters.get(code) ?? 0;
const ids = new Map<string, number>();
const span = 'from=2026-11-10&to=2026-11-15';

beforeAll(async () => {
  for (const [code, area] of [
    ['A', 500],
    ['B', null],
  ]) {
    const { rows } = await owner.query<{ id: number }>(
      `insert into energy.building (institution_id, code, name_zh, name_en, area_m2, created_by)
       values ($1, $2, $2, $2, $3, 'tester') returning id`,
      [institutionId, code, area],
    );
    ids.set(String(code), rows[0]?.id ?? 0);
  }
  for (const [code, building] of [
    ['P-1', 'A'],
    ['P-11', 'A'],
    ['S-1', 'A'],
    ['B-1', 'B'],
  ] as const) {
    await owner.query('insert into energy.meter_place values ($1, $2)', [meter(code), ids.get(building)]);
  }
  for (const [code, counts] of [
    ['P-1', 10_000],
    ['P-11', 6_000],
    ['M-1', 5_000],
    ['S-1', 3_000],
  ] as const) {
    const days = Array.from({ length: 5 }, (_, i) => at('2026-11-10T08:00:00') + i * DAY);
    await bookHours(
      owner,
      meter(code),
      days.map((hour) => ({ at: hour, counts, knownSince: hour + HOUR })),
    );
    await storeReadings(owner, meter(code), [
      { at: at('2026-11-10T00:00:00'), value: 0 },
      { at: at('2026-11-15T00:00:00'), value: counts * 5 },
      { at: at('2026-11-15T10:00:00'), value: counts * 5 },
    ]);
  }
});

test('a building counts its topmost meters; one that never told a register makes its total "at least"', async () => {
  const { items } = (await get(`/institutions/${institutionId}/buildings`)).json();
  expect(items.map((one: { code: string; areaM2: number | null }) => [one.code, one.areaM2])).toEqual([
    ['A', 500],
    ['B', null],
  ]);
  const figures = (await get(`/buildings/${ids.get('A')}/consumption?${span}`)).json();
  expect(figures.total).toMatchObject({ consumption: 5 * (100 + 30), atLeast: false, missing: [] });
  expect(figures.items).toHaveLength(5);
  const empty = (await get(`/buildings/${ids.get('B')}/consumption?${span}`)).json();
  expect([empty.total.consumption, empty.total.missing, empty.watermark]).toEqual([null, ['B-1'], null]);
  expect(
    (await get(`/buildings/${ids.get('A')}/consumption?${span}&knownOn=2026-11-12`)).json().total.consumption,
  ).toBe(260);
  expect((await get('/buildings/2000000000/consumption')).statusCode).toBe(404);
});

test('its indicators by its own floor area', async () => {
  const figures = (await get(`/buildings/${ids.get('A')}/indicators?${span}`)).json();
  expect(figures.carriers).toMatchObject([{ carrier: 'electricity', quantity: 650, atLeast: false, kgce: 79.885 }]);
  expect([figures.perAreaKgce, figures.electricityPerAreaKwh]).toEqual([0.15977, 1.3]);
  expect([figures.versions.factors.length, figures.atLeast]).toEqual([2, false]);
  const none = (await get(`/buildings/${ids.get('B')}/indicators?${span}`)).json();
  expect([none.comprehensiveKgce, none.perAreaKgce, none.atLeast, none.missing]).toEqual([null, null, true, ['B-1']]);
});

test('each level tells up to when it is current; what waits to be booked holds it back', async () => {
  const newest = '2026-11-15T10:00:00.000+08:00';
  const tree = async () => (await get(`/institutions/${institutionId}/meter-tree?${span}`)).json();
  const watermark = async (path: string) => (await get(`${path}/consumption?${span}`)).json().watermark;
  const before = await tree();
  expect(before.buildings.map((one: { watermark: string | null }) => one.watermark)).toEqual([newest, newest, null]);
  expect([before.watermark, await watermark(`/institutions/${institutionId}`)]).toEqual([null, null]);
  const made = await harness.inject({
    method: 'POST',
    url: '/api/v1/virtual-meters',
    headers: { authorization: `Bearer ${harness.token}` },
    payload: {
      kind: 'formula',
      medium: 'electricity',
      code: 'V-1',
      formula: '[P-1] + [M-1]',
      institutionId,
      nameZh: '合计',
      nameEn: 'Sum',
      validFrom: '2026-11-01',
      sourceDocument: '一次接线图',
    },
  });
  const virtual = async () => (await get(`/virtual-meters/${made.json().id}/days?${span}`)).json().watermark;
  // the days of a new formula wait to be computed
  expect(await virtual()).toBe('2026-11-10T00:00:00.000+08:00');
  await owner.query('delete from energy.dirty_day');
  expect(await virtual()).toBe(newest);

  const waiting = '2026-11-14T09:00:00.000+08:00';
  await owner.query('insert into metering.dirty_span (meter_id, point, from_ts, to_ts) values ($1, 1, $2, $2)', [
    meter('P-1'),
    new Date(at('2026-11-14T09:00:00')),
  ]);
  expect(await watermark(`/meters/${meter('P-1')}`)).toBe(waiting);
  expect(await watermark(`/buildings/${ids.get('A')}`)).toBe(waiting);
  expect(await virtual()).toBe(waiting);
  expect((await tree()).buildings.map((one: { watermark: string | null }) => one.watermark)).toEqual([
    newest,
    waiting,
    null,
  ]);
});
