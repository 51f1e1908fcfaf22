import { DAY, HOUR, MINUTE } from '@ganzhi/schemas';
import { fixtureRegistry, testDatabase } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { foldSilence } from '../rules/alarm/fold.ts';
import { SILENCE } from '../rules/alarm/policy.ts';
import { atMeter, FINDING_KINDS, type Finding } from '../rules/detect/finding.ts';
import { applyFindings } from './apply.ts';
import { readPlaces } from './places.ts';
import { silentMeters } from './silence.ts';

const database = await testDatabase();
const owner = await database.open('ganzhi_owner');
const db = await database.open('ganzhi_analytics');
afterAll(database.drop);

const NOW = Date.parse('2026-11-24T06:00:00+08:00');
const { institutionId, meters } = await fixtureRegistry(owner, {
  meters: Array.from({ length: 14 }, (_, i) => ({ code: `M-${i + 1}` })),
});
const [first = 0, ...others] = meters.values();
await owner.query(
  `insert into energy.tariff_assignment (institution_id, carrier, tariff_code, valid_from, source_document, recorded_by)
   values ($1, 'electricity', 'jiangsu-single-100kva', '2026-01-01', 'contract', 'test')`,
  [institutionId],
);
const places = await readPlaces(db, [institutionId]);
const day = new Set(FINDING_KINDS.filter((kind) => !SILENCE.has(kind)));

const apply = (findings: readonly Finding[], now: number) =>
  applyFindings(
    db,
    findings,
    { nowMs: now, fromMs: now - 42 * DAY, kinds: day, absent: 'unfounded' },
    [institutionId],
    places,
  );
const alarms = async () =>
  (
    await owner.query(`select kind, unit, state, outcome, cause_id is not null as folded,
    (select count(*)::int from alarm.member m where m.alarm_id = a.id and m.ended_at is null) as members
    from alarm.alarm a order by id`)
  ).rows;

test('an extra use is priced by the tariff on file, and every step is history', async () => {
  const from = NOW - 3 * DAY;
  const leftOn = (toMs?: number): Finding =>
    atMeter(first, {
      kind: 'ac-left-on',
      fromMs: from,
      toMs,
      evidence: { hours: 20 },
      extra: { amount: 100, perMonth: 1_000 },
    });
  expect(await apply([leftOn()], NOW)).toEqual({ opened: 1, reopened: 0, confirmed: 0 });
  expect(await apply([leftOn()], NOW + HOUR)).toEqual({ opened: 0, reopened: 0, confirmed: 0 });
  expect(await apply([leftOn(NOW)], NOW + DAY)).toEqual({ opened: 0, reopened: 0, confirmed: 1 });
  expect(await apply([leftOn(NOW)], NOW + 2 * DAY)).toEqual({ opened: 0, reopened: 0, confirmed: 0 });
  const { rows } = await owner.query(
    `select estimated_amount, amount_unit, estimated_cny::float8 as cny, monthly_cny::float8 as monthly, ended_at, severity,
       (select array_agg(action || ' ' || reason order by id) from alarm.event e where e.alarm_id = a.id) as events
     from alarm.alarm a`,
  );
  expect(rows).toMatchObject([
    {
      estimated_amount: '100.00',
      amount_unit: 'kWh',
      ended_at: NOW,
      severity: 'warning',
      events: ['opened found', 'confirmed ended'],
    },
  ]);
  // between the valley price and the peak price of the sample tariff
  expect(rows[0]?.cny).toBeGreaterThan(44);
  expect(rows[0]?.cny).toBeLessThan(98);
  expect(rows[0]?.monthly).toBeCloseTo(rows[0]?.cny * 10, 0);
  await owner.query('truncate alarm.alarm cascade');
});

test('fourteen silent meters are one alarm, which unfolds as they return', async () => {
  const live = async (now: number) => {
    const found = foldSilence(await silentMeters(db, now), await readPlaces(db, null));
    return applyFindings(db, found, { nowMs: now, fromMs: 0, kinds: SILENCE, absent: 'over' }, null, places);
  };
  const speak = (ids: readonly number[], ts: number) =>
    owner.query(
      `insert into metering.latest select m, 1, $2, 5, 0, $2 from unnest($1::int4[]) m
       on conflict (meter_id, point) do update set ts = excluded.ts`,
      [ids, new Date(ts)],
    );
  await speak([first], NOW - HOUR);
  await speak(others, NOW);
  await live(NOW);
  expect(await alarms(), 'one meter is one meter').toEqual([
    { kind: 'gap', unit: `meter/${first}`, state: 'open', outcome: null, folded: false, members: 1 },
  ]);
  await speak([first], NOW);
  await live(NOW + 10 * MINUTE);
  expect(await live(NOW + 2 * HOUR)).toEqual({ opened: 1, reopened: 0, confirmed: 0 });
  expect((await alarms()).at(-1)).toEqual({
    kind: 'gateway-outage',
    unit: expect.stringMatching(/^gateway\/\d+$/),
    state: 'open',
    outcome: null,
    folded: false,
    members: 14,
  });
  expect(await live(NOW + 3 * HOUR)).toEqual({ opened: 0, reopened: 0, confirmed: 0 });
  await speak(others.slice(0, 2), NOW + 4 * HOUR);
  await live(NOW + 4 * HOUR);
  expect((await alarms()).at(-1), 'most are silent still').toMatchObject({ state: 'open', members: 12 });
  await speak(others, NOW + 5 * HOUR);
  await live(NOW + 5 * HOUR);
  expect(await alarms(), 'one did not return').toMatchObject([
    { unit: `meter/${first}`, state: 'open', members: 1 },
    { kind: 'gateway-outage', state: 'confirmed', outcome: 'over', members: 0 },
  ]);
  await owner.query('truncate alarm.alarm cascade');
});

test('a silence that turns out to be a meter that did not answer is the same alarm', async () => {
  const silence = (kind: 'gap' | 'dead-slave', toMs?: number) =>
    atMeter(first, { kind, fromMs: NOW - DAY, toMs, evidence: {} });
  await apply([silence('gap')], NOW);
  expect(await apply([silence('dead-slave', NOW)], NOW + HOUR)).toEqual({ opened: 0, reopened: 0, confirmed: 1 });
  expect(await alarms()).toMatchObject([{ kind: 'dead-slave', state: 'confirmed', outcome: 'over' }]);
  await owner.query('truncate alarm.alarm cascade');
});

test('two looks at once open one alarm', async () => {
  const leak = atMeter(first, { kind: 'leak', fromMs: NOW - DAY, toMs: undefined, evidence: {} });
  await Promise.all([apply([leak], NOW), apply([leak], NOW)]);
  expect(await alarms()).toHaveLength(1);
});
