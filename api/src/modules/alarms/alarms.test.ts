import { DAY, HOUR } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';
import type { Person } from '../../../test/people.ts';
import { tellAlarms } from './tell-alarms.ts';

const NOW = Date.parse('2026-11-24T06:00:00+08:00');
const harness = await startHarness({ now: NOW });
const { owner } = harness;
afterAll(() => harness.stop());

const place = await fixtureRegistry(owner, {
  institution: 'CZ-0001',
  gateways: ['GW-0001'],
  meters: [{ code: 'M-1' }],
});
const elsewhere = await fixtureRegistry(owner, {
  ...{ institution: 'CZ-0002', division: '320402', gateways: ['GW-0002'], meters: [{ code: 'M-2' }] },
});
let manager: Person;
let operator: Person;
let stranger: Person;
beforeAll(async () => {
  manager = await harness.person('manager', { role: 'energy-manager', institutions: [place.institutionId] });
  operator = await harness.person('operator', { role: 'fleet-operator', wholeCity: true });
  stranger = await harness.person('stranger', { role: 'energy-manager', institutions: [elsewhere.institutionId] });
});

async function alarm(
  over: { kind?: string; severity?: string; at?: typeof place; meter?: string; beganAt?: number } = {},
) {
  const { kind = 'leak', severity = 'critical', at = place, meter = 'M-1', beganAt = NOW - DAY } = over;
  const { rows } = await owner.query<{ id: bigint }>(
    `with made as (
       insert into alarm.alarm (kind, severity, unit_kind, unit, institution_id, division_code, meter_id, began_at, detected_at, seen_at,
         evidence, plot, estimated_amount, amount_unit, estimated_cny, monthly_amount, monthly_cny)
       select $1, $2, 'meter', 'meter/' || m.id, i.id, i.division_code, m.id, $4, $5, $5, '{"nights": 3}', $6, 12, 'm³', 60, 90, 450
       from registry.institution i join registry.meter m on m.institution_id = i.id and m.code = $7 where i.id = $3
       returning id, meter_id, institution_id),
     struck as (insert into alarm.member (alarm_id, meter_id, institution_id) select id, meter_id, institution_id from made)
     select id from made`,
    [
      kind,
      severity,
      at.institutionId,
      new Date(beganAt),
      new Date(NOW),
      JSON.stringify({ fromMs: NOW - 2 * DAY, stepMs: 3 * HOUR, unit: 'm³/h', found: [1, null], expected: [0.5, 0.5] }),
      meter,
    ],
  );
  const id = Number(rows[0]?.id);
  await owner.query(
    `insert into alarm.event (alarm_id, at, actor, action, state, reason) values ($1, $2, 'data', 'opened', 'open', 'found')`,
    [id, new Date(NOW)],
  );
  return id;
}

const get = async (person: Person, url: string) =>
  (await harness.inject({ url: `/api/v1${url}`, headers: person.headers })).json();
const post = (person: Person, url: string, payload: object, version?: number) =>
  harness.inject({
    method: 'POST',
    url: `/api/v1${url}`,
    headers: { ...person.headers, ...(version === undefined ? {} : { 'if-match': `"${version}"` }) },
    payload,
  });

test('from found to said to be done, with who and why, and nobody twice', async () => {
  const id = await alarm();
  const seen = await get(manager, `/alarms/${id}`);
  expect(seen).toMatchObject({
    kindName: { zh: '夜间漏水', en: 'Night leak' },
    state: 'open',
    meterCode: 'M-1',
    plot: { stepS: 10_800, found: [1, null] },
    estimate: { amount: 12, unit: 'm³', cny: 60, cnyPerMonth: 450 },
    saving: null,
    members: [{ meterCode: 'M-1' }],
    history: [{ actor: 'data', action: 'opened', reason: { zh: '数据中发现' } }],
    version: 1,
  });
  expect((await post(manager, `/alarms/${id}/acknowledgement`, {}, 1)).json()).toMatchObject({
    state: 'acknowledged',
    version: 2,
  });
  expect((await post(manager, `/alarms/${id}/acknowledgement`, {}, 2)).statusCode, 'twice').toBe(409);
  expect(
    (await post(manager, `/alarms/${id}/assignment`, { assignee: 'operator' }, 1)).statusCode,
    'somebody was faster',
  ).toBe(412);
  expect(
    (await post(manager, `/alarms/${id}/assignment`, { assignee: 'stranger' }, 2)).statusCode,
    'not his house',
  ).toBe(400);
  expect((await post(manager, `/alarms/${id}/assignment`, { assignee: 'operator' }, 2)).json()).toMatchObject({
    state: 'assigned',
    assignedTo: 'operator',
  });
  expect((await post(operator, `/alarms/${id}/resolution`, { note: '' }, 3)).statusCode, 'what was done?').toBe(400);
  const done = (await post(operator, `/alarms/${id}/resolution`, { note: '更换阀门' }, 3)).json();
  expect(done).toMatchObject({
    state: 'resolved',
    confirmedAt: null,
    history: [{}, {}, {}, { actor: 'operator', note: '更换阀门' }],
  });
  const { rows } = await owner.query(`select action, target from platform.audit where target = $1 order by id`, [
    `alarm/${id}`,
  ]);
  expect(rows.map(({ action }) => action)).toEqual(['alarm.acknowledge', 'alarm.assign', 'alarm.resolve']);
  await owner.query(`update alarm.alarm set state = 'confirmed', outcome = 'over', ended_at = $2 where id = $1`, [
    id,
    new Date(NOW),
  ]);
  expect(await get(manager, `/alarms/${id}`)).toMatchObject({
    saving: { amountPerMonth: 90, unit: 'm³', cnyPerMonth: 450 },
  });
  expect((await post(manager, `/alarms/${id}/acknowledgement`, {}, 4)).statusCode).toBe(409);
});

test('lists are filtered, paged and kept to the scope; a division’s cause is seen from each of its houses', async () => {
  await owner.query('truncate alarm.alarm cascade');
  const first = await alarm({ beganAt: NOW - 3 * DAY });
  const second = await alarm({ kind: 'gap', severity: 'warning' });
  const theirs = await alarm({ at: elsewhere, meter: 'M-2', beganAt: NOW - HOUR });
  const ids = async (person: Person, query = '') =>
    (await get(person, `/alarms?${query}`)).items.map(({ id }: { id: number }) => id);
  expect(await ids(operator)).toEqual([theirs, second, first]);
  expect(await ids(manager)).toEqual([second, first]);
  expect(await ids(stranger)).toEqual([theirs]);
  expect(await ids(operator, `institution=${place.institutionId}&kind=gap`)).toEqual([second]);
  expect(await ids(operator, 'severity=critical&since=2026-11-23T12:00:00%2B08:00')).toEqual([theirs]);
  expect(await ids(operator, 'living=false')).toEqual([]);
  const page = await get(operator, '/alarms?limit=2');
  expect(await ids(operator, `limit=2&cursor=${page.nextCursor}`)).toEqual([first]);
  expect((await harness.inject({ url: `/api/v1/alarms/${theirs}`, headers: manager.headers })).statusCode).toBe(404);
  expect((await post(manager, `/alarms/${theirs}/acknowledgement`, {}, 1)).statusCode).toBe(404);

  await owner.query(
    `update alarm.alarm set kind = 'division-outage', unit_kind = 'division', unit = 'division/320412', institution_id = null, meter_id = null
     where id = $1`,
    [second],
  );
  expect(await ids(manager)).toEqual([second, first]);
  expect(await ids(manager, `institution=${place.institutionId}`)).toEqual([second, first]);
  expect(await ids(stranger)).toEqual([theirs]);
  expect((await post(manager, `/alarms/${second}/acknowledgement`, {}, 1)).statusCode, 'not his division').toBe(403);
  expect((await post(operator, `/alarms/${second}/acknowledgement`, {}, 1)).statusCode).toBe(200);
});

test('those nearest are told, once; what calls nobody is told to nobody; many come as one message', async () => {
  await owner.query('truncate alarm.alarm cascade');
  const leak = await alarm();
  const gap = await alarm({ kind: 'gap', severity: 'warning' });
  await alarm({ kind: 'spike', severity: 'notice' });
  const tell = () => tellAlarms(owner, NOW);
  expect(await tell()).toBe(2);
  expect(await tell()).toBe(0);
  expect((await get(manager, `/alarms/${leak}`)).told).toMatchObject([{ login: 'manager', seenAt: null }]);
  expect((await get(manager, `/alarms/${gap}`)).told).toMatchObject([{ login: 'operator' }]);
  const mine = (await get(manager, '/notifications')).items;
  expect(mine).toMatchObject([{ kind: 'alarm.opened', subject: `alarm/${leak}`, urgent: false }]);
  expect(JSON.stringify(mine[0]), 'what it costs').toContain('450');
  for (let i = 0; i < 6; i++) await alarm({ beganAt: NOW - i * HOUR });
  expect(await tell()).toBe(6);
  expect((await get(manager, '/notifications')).items[0]).toMatchObject({ subject: 'alarms' });
});

test('an alarm for which nobody is there waits, and is told of when somebody is', async () => {
  await owner.query('truncate alarm.alarm cascade');
  await alarm();
  const staffed = (enabled: boolean) => owner.query('update platform.app_user set enabled = $1', [enabled]);
  await staffed(false);
  expect(await tellAlarms(owner, NOW)).toBe(0);
  await staffed(true);
  expect(await tellAlarms(owner, NOW), 'not asked every moment').toBe(0);
  expect(await tellAlarms(owner, NOW + HOUR)).toBe(1);
});

test('a threshold has two limits, a day and a source, and belongs to the city', async () => {
  const body = {
    detector: 'leak',
    name: 'share',
    typeCode: 'office',
    value: 0.2,
    validFrom: '2026-11-24',
    sourceDocument: '处务会',
  };
  const send = (over: object) =>
    harness.inject({
      method: 'POST',
      url: '/api/v1/alarm-thresholds',
      headers: { authorization: `Bearer ${harness.token}` },
      payload: { ...body, ...over },
    });
  expect((await send({})).json()).toMatchObject({ value: 0.2, unit: '1', recordedBy: 'tester' });
  for (const wrong of [
    { value: 3 },
    { value: 0.001 },
    { name: 'volume' },
    { detector: 'toString' },
    { typeCode: 'castle' },
  ]) {
    expect((await send(wrong)).statusCode, JSON.stringify(wrong)).toBe(400);
  }
  expect((await post(manager, '/alarm-thresholds', body)).statusCode).toBe(403);
  const list = await get(manager, '/alarm-thresholds?detector=leak');
  expect(list.items).toMatchObject([{ name: 'share', typeCode: 'office', value: 0.2 }]);
  expect(list.parameters).toContainEqual(
    expect.objectContaining({ detector: 'leak', name: 'nights', value: 3, least: 2, most: 14 }),
  );
});
