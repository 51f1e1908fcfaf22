import { bookManualReadings, recomputeDirty } from '@ganzhi/analytics';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';

const NOW = Date.parse('2026-11-23T12:00:00+08:00');
const harness = await startHarness({ now: NOW });
const { owner, app, token, database, get } = harness;
afterAll(() => harness.stop());

const { institutionId, meters } = await fixtureRegistry(owner, { meters: [{ code: 'OFF-1' }, { code: 'ON-1' }] });
const meterId = meters.get('OFF-1') ?? 0;
await owner.query('update registry.meter set gateway_id = null where id = $1', [meterId]);
const second = await harness.person('second', { role: 'city-administrator', wholeCity: true });

const post = (url: string, payload: object, bearer = token) =>
  app.inject({ method: 'POST', url: `/api/v1${url}`, payload, headers: { authorization: `Bearer ${bearer}` } });
const enter = (at: string, register: string, more = {}) =>
  post('/manual-readings', { meterId, at, register, photoRef: 'sha256:photo', ...more });

/** Entered by one, confirmed by another. */
async function confirmed(at: string, register: string, more = {}): Promise<void> {
  const { id } = (await enter(at, register, more)).json();
  const check = await post(`/manual-readings/${id}/check`, { decision: 'confirm', register }, second.token);
  expect([at, check.statusCode, check.json().state]).toEqual([at, 200, 'confirmed']);
}

test('two persons, the same register twice; then the ledger books it and the month shows it as manual', async () => {
  const { id } = (await enter('2026-09-30T16:00:00+08:00', '1000.5')).json();
  expect((await post(`/manual-readings/${id}/check`, { decision: 'confirm', register: '1000.5' })).statusCode).toBe(
    403,
  );
  const differs = await post(`/manual-readings/${id}/check`, { decision: 'confirm', register: '1005' }, second.token);
  expect([differs.statusCode, differs.json().errors[0].path]).toEqual([400, 'register']);
  const check = { decision: 'confirm', register: '1000.50' };
  expect((await post(`/manual-readings/${id}/check`, check, second.token)).statusCode).toBe(200);
  expect((await post(`/manual-readings/${id}/check`, check, second.token)).statusCode).toBe(409);
  await confirmed('2026-10-31T16:00:00+08:00', '1310.5');

  const analytics = await database.open('ganzhi_analytics');
  expect(await bookManualReadings(analytics, NOW)).toBe(2);
  while ((await recomputeDirty(analytics, { now: NOW })).marks > 0);
  const of = async (from: string, to: string) =>
    (await get(`/institutions/${institutionId}/indicators?from=${from}&to=${to}`)).json().carriers[0];
  const [september, october] = [await of('2026-09-01', '2026-10-01'), await of('2026-10-01', '2026-11-01')];
  // 310 kWh over 31 days, 8 hours of which lie in September: derived from registers that persons read
  expect(september.quantity).toBe(3.33);
  expect(october.quantity).toBe(306.67);
  expect(october.shares).toEqual({ derived: 1 });
  expect((await of('2026-01-01', '2027-01-01')).shares).toEqual({ manual: 1 });
});

test('a register that goes back or jumps needs an explanation; meters of a gateway are not read by hand', async () => {
  const back = await enter('2026-11-20T16:00:00+08:00', '1200');
  expect([back.statusCode, back.json().errors[0].path, back.json().detail]).toEqual([
    400,
    'explanation',
    expect.stringContaining('backward'),
  ]);
  const jump = await enter('2026-11-20T16:00:00+08:00', '9000');
  expect(jump.json().detail).toContain('unusual');
  const kept = await enter('2026-11-20T16:00:00+08:00', '9000', { explanation: '施工用电' });
  expect([kept.statusCode, kept.json().findings[0].kind]).toEqual([201, 'unusual']);
  const rejected = await post(`/manual-readings/${kept.json().id}/check`, { decision: 'reject' }, second.token);
  expect(rejected.json().state).toBe('rejected');
  expect((await enter('2026-12-20T16:00:00+08:00', '1400')).json().errors[0].path).toBe('at');
  const online = await post('/manual-readings', {
    meterId: meters.get('ON-1'),
    at: '2026-11-01',
    register: '1',
    photoRef: 'x',
  });
  expect(online.statusCode).toBe(409);
});
