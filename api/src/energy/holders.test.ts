import { DAY, HOUR } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bookHours, startHarness, storeReadings } from '../../test/harness.ts';
import type { Person } from '../../test/people.ts';
import { energyOf } from '../lib/energy.ts';
import { cityHours } from '../modules/city/sql.ts';

/**
 * A merger on 11 November, decided on the 23rd: A-1 (10 kWh a day, 4 of them below A-11) goes from the old body to the new one,
 * which has B-1 (20 kWh). Every figure takes the holder of the time.
 */
const at = (text: string) => Date.parse(`${text}+08:00`);
const NOW = at('2026-11-23T09:00:00');
const harness = await startHarness({ now: NOW });
const { owner } = harness;
afterAll(() => harness.stop());

const FIRST = at('2026-10-01T00:00:00');
const DAYS = 53;
const span = 'from=2026-11-01&to=2026-11-21';
const before = `${span}&knownOn=${encodeURIComponent('2026-11-22T12:00:00+08:00')}`;
let [oldId, newId] = [0, 0];
let clerk: Person;
let district: Person;
let city: Person;

async function book(meter: number, counts: number): Promise<void> {
  const hours = Array.from({ length: DAYS }, (_, i) => ({
    at: FIRST + i * DAY + 10 * HOUR,
    counts,
    knownSince: FIRST + i * DAY + 11 * HOUR,
  }));
  await bookHours(owner, meter, hours);
  const registers = ['2026-10-01', '2026-11-01', '2026-11-11', '2026-11-21', '2026-11-23'];
  await storeReadings(
    owner,
    meter,
    registers.map((day) => ({ at: at(`${day}T00:00:00`), value: 1 })),
  );
}

beforeAll(async () => {
  const old = await fixtureRegistry(owner, {
    institution: 'CZ-OLD',
    division: '320404',
    gateways: ['GW-A'],
    meters: [{ code: 'A-1' }, { code: 'A-11', parent: 'A-1' }],
  });
  const body = await fixtureRegistry(owner, {
    institution: 'CZ-NEW',
    gateways: ['GW-B'],
    meters: [{ code: 'B-1' }],
  });
  [oldId, newId] = [old.institutionId, body.institutionId];
  await book(old.meters.get('A-1') ?? 0, 1_000);
  await book(old.meters.get('A-11') ?? 0, 400);
  await book(body.meters.get('B-1') ?? 0, 2_000);
  clerk = await harness.person('clerk', { role: 'city-administrator', wholeCity: true });
  city = await harness.person('city', { role: 'city-administrator', wholeCity: true });
  district = await harness.person('district', { role: 'division-administrator', division: '320404' });
  for (const id of [oldId, newId]) {
    const tariff = { tariffCode: 'jiangsu-single-100kva', validFrom: '2026-01-01', sourceDocument: '供用电合同' };
    expect((await post(clerk, `/institutions/${id}/tariff-assignments`, tariff)).statusCode).toBe(201);
  }
  await decide({
    kind: 'merger',
    institutionId: oldId,
    successorId: newId,
    effectiveOn: '2026-11-11',
    reason: '机构改革',
    sourceDocument: '编办〔2026〕9号',
  });
});

const post = (person: Person, url: string, payload: object) =>
  harness.inject({ method: 'POST', url: `/api/v1${url}`, payload, headers: person.headers });
async function decide(change: object): Promise<void> {
  const asked = await post(clerk, '/institution-changes', change);
  expect(asked.statusCode).toBe(201);
  const url = `/institution-changes/${asked.json().id}/decisions`;
  expect((await post(district, url, { kind: 'approve', comment: '' })).json().status).toBe('running');
  expect((await post(city, url, { kind: 'approve', comment: '' })).json().status).toBe('approved');
}
const read = async (id: number, what: string, query = span, person = city) =>
  (await harness.inject({ url: `/api/v1/institutions/${id}/${what}?${query}`, headers: person.headers })).json();

test('consumption, cost, balance and tree count each day for its holder', async () => {
  const [left, taken] = [await read(oldId, 'consumption'), await read(newId, 'consumption')];
  expect([left.total, taken.total]).toMatchObject([
    { consumption: 100, atLeast: false },
    { consumption: 20 * 20 + 10 * 10, atLeast: false },
  ]);
  expect(left.items).toHaveLength(10);
  expect((await read(oldId, 'electricity-costs')).quantity).toBe(100);
  expect((await read(newId, 'electricity-costs')).quantity).toBe(500);
  const balances = [await read(oldId, 'balances'), await read(newId, 'balances')];
  expect(balances.map(({ items: [one] }) => [one.meterCode, one.days, one.parent, one.residue])).toEqual([
    ['A-1', 10, 100, 60],
    ['A-1', 10, 100, 60],
  ]);
  const trees = [await read(oldId, 'meter-tree'), await read(newId, 'meter-tree')];
  expect(trees.map(({ totals: [one] }) => [one.energy, one.atLeast])).toEqual([
    [100, false],
    [500, false],
  ]);
});

test('the explanation names each meter with the time in which it counts; indicators agree with it', async () => {
  const explained = await read(newId, 'explanation');
  expect(explained.figure.booked).toBe(500);
  expect(explained.meters.map((one: { meterCode: string; from: string; booked: number }) => one)).toMatchObject([
    { meterCode: 'A-1', from: '2026-11-11T00:00:00.000+08:00', booked: 100 },
    { meterCode: 'B-1', from: '2026-11-01T00:00:00.000+08:00', booked: 400 },
  ]);
  const [figures, former] = [await read(newId, 'indicators'), await read(oldId, 'indicators')];
  expect([figures.carriers[0].quantity, former.carriers[0].quantity]).toEqual([500, 100]);
  expect([figures.missing, former.missing]).toEqual([[], []]);
});

test('a forecast is made for what is held now, from the past of the same meters; what was used stays with its holder', async () => {
  const [left, taken] = [await read(oldId, 'forecasts', ''), await read(newId, 'forecasts', '')];
  expect([left.month.soFar, left.day.forecast]).toEqual([100, null]);
  // 22 days of 20, 12 of 10, and eight days of both to come
  expect(taken.month.soFar).toBe(22 * 20 + 12 * 10);
  expect(Math.round(taken.month.forecast.value)).toBe(22 * 20 + 12 * 10 + 8 * 30);
});

test('as known before the merger was decided, nothing had changed hands', async () => {
  const total = async (id: number, what: string) => (await read(id, what, before)).total.consumption;
  expect([await total(oldId, 'consumption'), await total(newId, 'consumption')]).toEqual([200, 400]);
  expect((await read(oldId, 'electricity-costs', before)).quantity).toBe(200);
  expect((await read(oldId, 'explanation', before)).figure.booked).toBe(200);
  expect((await read(newId, 'meter-tree', before)).totals[0].energy).toBe(400);
  expect((await read(oldId, 'indicators', before)).carriers[0].quantity).toBe(200);
  const then = await read(oldId, 'forecasts', `knownOn=${encodeURIComponent('2026-11-22T12:00:00+08:00')}`);
  expect([then.month.soFar, Math.round(then.month.forecast.value)]).toEqual([220, 300]);
});

test('who sees the old body only still sees all of its time, and nothing of the new one', async () => {
  for (const [what, pick] of [
    ['consumption', (answer: { total: { consumption: number } }) => answer.total.consumption],
    ['electricity-costs', (answer: { quantity: number }) => answer.quantity],
    ['meter-tree', (answer: { totals: { energy: number }[] }) => answer.totals[0]?.energy],
    ['explanation', (answer: { figure: { booked: number } }) => answer.figure.booked],
  ] as const) {
    const answer = await read(oldId, what, span, district);
    expect([what, pick(answer)]).toEqual([what, 100]);
    expect((await read(newId, what, span, district)).status).toBe(404);
  }
});

test('after a split, energy per area compares with the area of the part that was taken over', async () => {
  const whole = await fixtureRegistry(owner, {
    institution: 'CZ-S',
    division: '320404',
    gateways: ['GW-S'],
    meters: [{ code: 'S-1' }, { code: 'S-2' }],
  });
  const heirs = [];
  for (const code of ['CZ-T1', 'CZ-T2']) {
    const { institutionId } = await fixtureRegistry(owner, {
      institution: code,
      division: '320404',
      gateways: [],
      meters: [],
    });
    heirs.push(institutionId);
    for (const [validFrom, value] of [
      ['2024-01-01', 1_000],
      ['2026-07-01', 3_000],
    ]) {
      await owner.query(
        `insert into energy.base_fact (institution_id, kind, value, valid_from, source_document, recorded_by, recorded_at)
         values ($1, 'area', $2, $3, '产权证', 'tester', '2024-01-01')`,
        [institutionId, value, validFrom],
      );
    }
  }
  await owner.query(
    `insert into ledger.day (meter_id, point, day, booked, undistributed, disputed, covered_s)
     select m.id, registry.booked_point('electricity'), d::date, case when d < '2026-01-01' then 1000 else 900 end, 0, 0, 86400
     from registry.meter m, generate_series('2025-01-01'::timestamp, '2026-11-22', '1 day') d where m.code = 'S-1'`,
  );
  await decide({
    kind: 'split',
    institutionId: whole.institutionId,
    effectiveOn: '2026-07-01',
    reason: '机构改革',
    sourceDocument: '编办〔2026〕10号',
    parts: heirs.map((institutionId, i) => ({ institutionId, meterIds: [whole.meters.get(`S-${i + 1}`) ?? 0] })),
  });
  const { comparableYearOnYear: change } = await read(heirs[0] ?? 0, 'indicators', 'from=2026-01-01&to=2026-11-01');
  expect(change.comprehensive).toBeCloseTo(-0.1, 5);
  expect(change.perArea).toBeCloseTo(-0.1, 4);
});

test("the city's hours are those of ledger.meter_hour, whoever held the meters and whichever way they count", async () => {
  const registry = await fixtureRegistry(owner, {
    institution: 'CZ-OUT',
    gateways: ['GW-O'],
    meters: [{ code: 'O-1' }],
  });
  const meter = registry.meters.get('O-1') ?? 0;
  await bookHours(
    owner,
    meter,
    [9, 10, 11].map((hour) => ({ at: FIRST + 41 * DAY + hour * HOUR, counts: 333, ratio: 40 })),
  );
  await owner.query('update registry.point set decimals = 3 where meter_id = $1', [meter]);
  const fact = await post(clerk, `/meters/${meter}/facts`, {
    validFrom: '2026-11-05',
    role: 'main',
    direction: 'out',
    sourceDocument: '并网协议',
  });
  expect(fact.statusCode).toBe(201);
  const span = { start: FIRST, end: NOW };
  const { rows } = await owner.query<{ hour: number; consumption: string; covered_s: bigint }>(
    `select hour, sum(consumption) as consumption, sum(covered_s) as covered_s from ledger.meter_hour
     where medium = 'electricity' and role = 'main' and hour >= $1 and hour < $2 group by hour`,
    [new Date(span.start), new Date(span.end)],
  );
  const slow = rows.map((row) => ({
    start: row.hour,
    booked: energyOf(row.consumption),
    coveredS: Number(row.covered_s),
  }));
  const inOrder = (a: { start: number }, b: { start: number }) => a.start - b.start;
  expect(slow.some(({ booked }) => booked < 0n)).toBe(true);
  expect((await cityHours(owner, span)).sort(inOrder)).toEqual(slow.sort(inOrder));
});
