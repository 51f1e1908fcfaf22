import { DAY, dayStart, HOUR, hourStart } from '@ganzhi/schemas';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bookHours, bookSpan, startHarness, storeReadings } from '../harness.ts';
import type { Person } from '../people.ts';
import { call, exampleOf } from './call.ts';
import { examplesOf, type ModuleExamples } from './examples.ts';
import { declaredRoutes, type Route } from './routes.ts';
import { fillWorld, NOW, type World } from './world.ts';

/**
 * Rights that are limited to a span of data (a contract's period), tried on every route: a route that does not say what it shows is
 * shut, and one that does shows the same whatever changes outside the span. A new route is shut until it says.
 */
const harness = await startHarness({ now: NOW });
const { app, owner } = harness;
afterAll(() => harness.stop());

const routes = declaredRoutes(harness.db).filter((route) => route.auth === 'user');
const examples = new Map<string, ModuleExamples>();
for (const { module } of routes) examples.set(module, await examplesOf(module));
const of = (route: Route): ModuleExamples => examples.get(route.module) ?? {};

const FROM = dayStart(NOW) - 3 * DAY;
const OCTOBER = { dataFrom: Date.parse('2026-10-01T00:00:00+08:00'), dataTo: Date.parse('2026-11-01T00:00:00+08:00') };
const ROLES = ['division-administrator', 'fleet-operator', 'auditor', 'energy-service-company'];
let world: World;
let now: Person;
let october: Person;
let both: Person;
let insider: Person;

beforeAll(async () => {
  world = await fillWorld(owner);
  for (const module of examples.values()) {
    await module.seed?.(owner, world, 'ours');
    await module.seed?.(owner, world, 'theirs');
  }
  const { meterId, institutionId } = world.ours;
  const start = hourStart(NOW);
  await bookHours(
    owner,
    meterId,
    [4, 5, 28, 29, 30, 300].map((days) => ({ at: start - days * DAY, counts: 700 })),
  );
  await storeReadings(
    owner,
    meterId,
    [5, 29, 30].map((days) => ({ at: NOW - days * DAY, value: 900 - days })),
  );
  await bookSpan(owner, meterId, { from: FROM - 2 * HOUR, to: FROM + 2 * HOUR, counts: 333 });
  const scope = { division: world.ours.division };
  now = await harness.person('now', ...ROLES.map((role) => ({ role, ...scope, dataFrom: FROM })));
  october = await harness.person('october', ...ROLES.map((role) => ({ role, ...scope, ...OCTOBER })));
  both = await harness.person(
    'both',
    { role: 'energy-service-company', institutions: [institutionId], ...OCTOBER },
    { role: 'energy-service-company', institutions: [world.theirs.institutionId] },
  );
  insider = await harness.person('insider', ...ROLES.map((role) => ({ role, ...scope })));
});

async function answers(person: Person): Promise<Map<string, { status: number; body: string }>> {
  const told = new Map<string, { status: number; body: string }>();
  for (const route of routes.filter(({ method }) => method === 'GET')) {
    const answer = await call(app, route, exampleOf(route, of(route), world, 'ours'), person.headers);
    const { requestId: _, ...problem } = answer.statusCode >= 400 ? answer.json() : {};
    const body = answer.statusCode >= 400 ? JSON.stringify(problem) : answer.rawPayload.toString('base64');
    told.set(route.operationId, { status: answer.statusCode, body });
  }
  return told;
}

/** Everything before the span becomes different. */
async function changeBefore(instant: number): Promise<void> {
  const at = [world.ours.meterId, new Date(instant)];
  await owner.query('update ledger.hour set counts = counts + 11 where meter_id = $1 and hour < $2', at);
  await owner.query(
    `update ledger.day set booked = booked + 22 where meter_id = $1 and day < ($2::timestamptz at time zone 'Asia/Shanghai')::date`,
    at,
  );
  await owner.query('update ledger.span set counts = counts + 5 where meter_id = $1 and from_ts < $2', at);
  await owner.query('update metering.reading set value = value + 13 where meter_id = $1 and ts < $2', at);
}

test('a figure from outside the span is nowhere, and what cannot be limited is shut', async () => {
  const before = { limited: await answers(now), insider: await answers(insider) };
  await changeBefore(FROM);
  const after = { limited: await answers(now), insider: await answers(insider) };
  expect(after.limited).toEqual(before.limited);
  const shut = routes.filter(({ method, saysData }) => method === 'GET' && !saysData);
  for (const { operationId } of shut) {
    expect([operationId, before.limited.get(operationId)?.status]).toEqual([operationId, 403]);
    expect(JSON.parse(before.limited.get(operationId)?.body ?? '{}').detail).toMatch(
      /^(您的数据时段为 2026-11-20 至 不限|此操作需要权限)/,
    );
  }
  // the change is a change: who has no limit sees it in the very views that stayed the same
  for (const operationId of ['getInstitution', 'getInstitutionConsumption']) {
    expect([operationId, before.insider.get(operationId)?.body === after.insider.get(operationId)?.body]).toEqual([
      operationId,
      false,
    ]);
  }
});

test('inside the span everything is there', async () => {
  const told = await answers(now);
  for (const id of ['listInstitutions', 'getInstitution', 'listMeters', 'getMeter', 'listMeterPoints', 'getCity']) {
    expect([id, told.get(id)?.status]).toEqual([id, 200]);
  }
  const get = async (person: Person, path: string) =>
    (await app.inject({ url: `/api/v1${path}`, headers: person.headers })).json();
  const { institutionId, meterId } = world.ours;
  expect((await get(now, `/institutions/${institutionId}`)).yearToDate.consumption).toBeNull();
  expect((await get(insider, `/institutions/${institutionId}`)).yearToDate.consumption).toBeGreaterThan(0);
  expect((await get(now, '/institutions')).items[0].today).toBeGreaterThan(0);
  expect((await get(now, `/meters/${meterId}/points`)).items[0].latest).not.toBeNull();

  const span = 'grain=day&from=2026-10-20&to=2026-11-01';
  const within = await get(october, `/institutions/${institutionId}/consumption?${span}`);
  expect(within.total.consumption).toBeGreaterThan(0);
  expect(within).toEqual(await get(insider, `/institutions/${institutionId}/consumption?${span}`));
  expect((await get(october, `/meters/${meterId}/points`)).items[0].latest).toBeNull();
});

test('a span that reaches over an end is refused, on either side and turned round', async () => {
  const { institutionId, meterId } = world.ours;
  for (const [from, to] of [
    ['2026-09-30', '2026-10-20'],
    ['2026-10-20', '2026-11-02'],
    ['2026-09-01', '2026-12-01'],
    ['2026-11-05', '2026-11-06'],
    ['2026-10-31T23:00:00%2B08:00', '2026-11-01T00:00:01%2B08:00'],
    ['2026-10-20', '2026-10-10'],
  ]) {
    for (const path of [
      `/institutions/${institutionId}/consumption?grain=hour`,
      `/meters/${meterId}/consumption?grain=hour`,
      `/meters/${meterId}/readings?point=energy.import`,
    ]) {
      const answer = await app.inject({ url: `/api/v1${path}&from=${from}&to=${to}`, headers: october.headers });
      expect([path, from, to, [400, 403].includes(answer.statusCode)]).toEqual([path, from, to, true]);
    }
  }
  // a month is widened to whole days before it is looked at
  const widened = `/api/v1/institutions/${institutionId}/consumption?grain=month&from=2026-10-20&to=2026-11-01T00:00:01%2B08:00`;
  expect((await app.inject({ url: widened, headers: october.headers })).statusCode).toBe(403);
});

test('a gap that reaches over the end does not tell its energy', async () => {
  const from = encodeURIComponent(new Date(FROM).toISOString());
  const url = `/api/v1/meters/${world.ours.meterId}/consumption?grain=hour&from=${from}`;
  const limited = (await app.inject({ url, headers: now.headers })).json();
  const whole = (await app.inject({ url, headers: insider.headers })).json();
  expect(whole.spans).toHaveLength(1);
  expect(limited.spans).toEqual([]);
  expect(limited.items).toEqual(whole.items);
});

test('rights with and without a span add up, each over its own institutions', async () => {
  const get = (path: string) => app.inject({ url: `/api/v1${path}`, headers: both.headers });
  const codes = (await get('/institutions')).json().items.map(({ code }: { code: string }) => code);
  expect(codes).toEqual([world.theirs.institutionCode]);
  const span = 'grain=day&from=2026-10-20&to=2026-11-01';
  expect((await get(`/institutions/${world.ours.institutionId}/consumption?${span}`)).statusCode).toBe(200);
  expect((await get(`/institutions/${world.ours.institutionId}/consumption?grain=day`)).statusCode).toBe(404);
  expect((await get(`/institutions/${world.theirs.institutionId}/consumption?grain=day`)).statusCode).toBe(200);
});

test('a right for the whole city is no exception', async () => {
  const city = await harness.person('city', { role: 'city-administrator', wholeCity: true, ...OCTOBER });
  const get = (path: string) => app.inject({ url: `/api/v1${path}`, headers: city.headers });
  expect((await get('/institutions')).statusCode).toBe(403);
  const span = 'grain=day&from=2026-10-20&to=2026-11-01';
  expect((await get(`/institutions/${world.ours.institutionId}/consumption?${span}`)).statusCode).toBe(200);
  expect((await get('/exports/quota-compliance')).statusCode).toBe(403);
});

test('nobody writes by such a right', async () => {
  for (const route of routes.filter(({ method }) => method !== 'GET')) {
    const answer = await call(app, route, exampleOf(route, of(route), world, 'ours'), now.headers);
    expect([route.operationId, answer.statusCode]).toEqual([route.operationId, 403]);
  }
});
