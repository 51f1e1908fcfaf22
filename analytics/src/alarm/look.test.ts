import { DAY, HOUR, MINUTE } from '@ganzhi/schemas';
import { type FixtureRegistry, fixtureRegistry, testDatabase } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { atMeter, type Finding } from '../rules/detect/finding.ts';
import { lastNight } from './due.ts';
import { type Detect, lookAtDue, type Wanted } from './look.ts';

const database = await testDatabase();
const owner = await database.open('ganzhi_owner');
const db = await database.open('ganzhi_analytics');
afterAll(database.drop);

const MORNING = Date.parse('2026-11-24T06:00:00+08:00');
const places: FixtureRegistry[] = [];
for (const [i, institution] of ['CZ-0001', 'CZ-0002'].entries()) {
  places.push(await fixtureRegistry(owner, { institution, gateways: [`GW-000${i}`], meters: [{ code: `M-${i}` }] }));
}
const [first = 0, second = 0] = places.flatMap(({ meters }) => [...meters.values()]);

/** The ledger of a meter has changed in a day. */
const book = (meterId: number, day: string, at: number) =>
  owner.query(
    `insert into ledger.day values ($1, 1, $2, 5, 0, 0, 0, $3)
     on conflict (meter_id, point, day) do update set known_since = excluded.known_since`,
    [meterId, day, new Date(at)],
  );
const asked: Wanted[] = [];
let found: Finding[] = [];
const failed: number[] = [];
let detect: Detect = async (_, wanted) => {
  asked.push(wanted);
  return wanted.of === 'consumption' ? found : [];
};
const look = async (now: number) => {
  asked.length = 0;
  const looked = await lookAtDue(db, (...of) => detect(...of), { now, onFailure: (id) => failed.push(id) });
  const ids = asked.filter((one) => one.of === 'consumption').map((one) => one.institutionIds);
  return { ...looked, ids };
};
const of = (i: number) => places[i]?.institutionId ?? 0;

test('after a night those are looked at that have changed; then only those with late data', async () => {
  expect(await look(MORNING)).toMatchObject({ institutions: 0, ids: [] });
  await book(first, '2026-11-24', MORNING - MINUTE);
  await book(second, '2026-11-24', MORNING - MINUTE);
  found = [atMeter(first, { kind: 'leak', fromMs: MORNING - 3 * DAY, toMs: undefined, evidence: {} })];
  expect(await look(MORNING)).toMatchObject({ institutions: 2, opened: 1, ids: [[of(0), of(1)]] });
  expect(asked[0], 'how readings came, for the whole city').toMatchObject({ of: 'arrival' });

  await book(first, '2026-11-24', MORNING + 2 * HOUR);
  expect(await look(MORNING + 3 * HOUR), 'today goes on by itself').toMatchObject({ institutions: 0 });
  await book(second, '2026-11-21', MORNING + 2 * HOUR);
  expect(await look(MORNING + 3 * HOUR), 'late data of the second').toMatchObject({ ids: [[of(1)]] });
  expect(asked.some((one) => one.of === 'arrival')).toBe(false);

  found = [];
  await book(first, '2026-11-25', MORNING + DAY - HOUR);
  expect(await look(MORNING + DAY), 'the second is silent').toMatchObject({ confirmed: 1, ids: [[of(0)]] });
});

test('the window reaches back before a living alarm, and half a year at most', async () => {
  for (const [days, back] of [
    [1, 42],
    [60, 81],
    [400, 180],
  ] as const) {
    await owner.query('truncate alarm.alarm, alarm.looked cascade');
    found = [atMeter(first, { kind: 'leak', fromMs: MORNING - days * DAY, toMs: undefined, evidence: {} })];
    await look(MORNING);
    await owner.query('truncate alarm.looked');
    await look(MORNING);
    const from = asked.find((one) => one.of === 'consumption')?.fromMs ?? 0;
    expect(Math.round((MORNING - from) / DAY)).toBe(back);
  }
});

test('an institution that cannot be looked at costs only itself, and is tried again', async () => {
  await owner.query('truncate alarm.alarm, alarm.looked cascade');
  found = [];
  const usual = detect;
  detect = async (pool, wanted) => {
    if (wanted.institutionIds?.includes(of(0))) throw new RangeError('no such figure');
    return usual(pool, wanted);
  };
  expect(await look(MORNING)).toMatchObject({ institutions: 1, ids: [[of(1)]] });
  expect(failed).toEqual([of(0)]);
  detect = usual;
  expect(await look(MORNING + MINUTE)).toMatchObject({ institutions: 1, ids: [[of(0)]] });
});

test.each([
  ['2026-11-24T05:19:00+08:00', '2026-11-23T05:20:00+08:00'],
  ['2026-11-24T05:20:00+08:00', '2026-11-24T05:20:00+08:00'],
])('at %s the last night was known at %s', (now, night) => {
  expect(lastNight(Date.parse(now))).toBe(Date.parse(night));
});
