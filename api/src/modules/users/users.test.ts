import { DAY, HOUR, MINUTE } from '@ganzhi/schemas';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';
import type { Person } from '../../../test/people.ts';
import { codeAt } from '../../auth/second-factor.ts';

/** The life of an account: entered, used, given rights, handed on, secured, disabled. Three administrators do their halves. */
const NOW = Date.parse('2026-11-23T10:00:00+08:00');
const harness = await startHarness({ now: NOW });
const { app, owner, clock } = harness;
afterAll(() => harness.stop());

let system: Person;
let security: Person;
beforeAll(async () => {
  await owner.query("insert into registry.division values ('320412', null, '武进区', 'Wujin', 5)");
  system = await harness.person('system', { role: 'system-administrator' });
  security = await harness.person('security', { role: 'security-administrator' });
});

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
const as =
  (person: { headers: Record<string, string> }) =>
  async (method: Method, path: string, body?: object, more = {}) => {
    const answer = await app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { ...person.headers, ...more },
      ...(body ? { payload: body } : {}),
    });
    return { status: answer.statusCode, body: answer.body === '' ? null : answer.json() };
  };
const logIn = async (login: string, password: string, code?: string) => {
  const payload = { login, password, ...(code === undefined ? {} : { code }) };
  const answer = await app.inject({ method: 'POST', url: '/api/v1/sessions', payload });
  const { token } = answer.json();
  return { status: answer.statusCode, body: answer.json(), headers: { authorization: `Bearer ${token}` } };
};
const STRONG = 'Wujin-2026-energie';

test('a new user changes the temporary password first; then the roles count', async () => {
  const made = await as(system)('POST', '/users', { login: 'zhang', displayName: '张', phone: '13812341234' });
  expect(made).toMatchObject({ status: 201, body: { login: 'zhang', phone: '138****1234', roles: [], version: 1 } });
  expect((await as(system)('POST', '/users', { login: 'zhang', displayName: '张' })).status).toBe(409);
  const { id, temporaryPassword } = made.body;
  const grant = await as(security)('POST', `/users/${id}/assignments`, {
    role: 'division-administrator',
    division: '320412',
  });
  expect(grant).toMatchObject({ status: 201, body: { role: 'division-administrator', division: '320412' } });

  const first = await logIn('zhang', temporaryPassword);
  expect(first.body).toMatchObject({ duty: 'password-expired' });
  const zhang = as(first);
  expect(await zhang('GET', '/institutions')).toMatchObject({ status: 403, body: { code: 'password-expired' } });
  for (const next of ['short', 'zhang-Zhang-2026', 'aaaaaaaaaaaaaaaaaa', temporaryPassword]) {
    const refused = await zhang('PUT', '/sessions/current/password', { current: temporaryPassword, next });
    expect([refused.status, refused.body.errors[0].path]).toEqual([400, 'next']);
  }
  expect((await zhang('PUT', '/sessions/current/password', { current: 'x', next: STRONG })).body.code).toBe(
    'wrong-credentials',
  );
  expect((await zhang('PUT', '/sessions/current/password', { current: temporaryPassword, next: STRONG })).status).toBe(
    204,
  );
  expect((await zhang('GET', '/institutions')).status).toBe(200);
  expect((await logIn('zhang', temporaryPassword)).status).toBe(401);
  const { rows } = await owner.query(
    "select after from platform.audit where action = 'user.create' and target = 'zhang'",
  );
  expect(JSON.stringify(rows)).not.toContain(temporaryPassword);
});

test('a password grows old by policy', async () => {
  await as(security)('PUT', '/security-policy', { passwordMaxAgeDays: 30 });
  const li = await harness.person('li', { role: 'city-administrator', wholeCity: true });
  clock.now = NOW + 30 * DAY + HOUR;
  await owner.query('update platform.session set expires_at = $1', [new Date(clock.now + HOUR)]);
  expect(await as(li)('GET', '/meters')).toMatchObject({ status: 403, body: { code: 'password-expired' } });
  clock.now = NOW;
  expect((await as(li)('GET', '/meters')).status).toBe(200);
  await owner.query("delete from platform.setting where key = 'security'");
});

test('a second factor: enrolled by password and code, asked at log-in, each code once, recovery codes once', async () => {
  const { headers } = await logIn('zhang', STRONG);
  const zhang = as({ headers });
  const begun = await zhang('POST', '/sessions/current/second-factor', { password: STRONG });
  expect(begun.body.uri).toMatch(/^otpauth:\/\/totp\/.*zhang.*secret=/);
  expect((await logIn('zhang', STRONG)).status).toBe(201);
  expect((await zhang('PUT', '/sessions/current/second-factor', { code: '000000' })).status).toBe(400);
  const proven = await zhang('PUT', '/sessions/current/second-factor', { code: codeAt(begun.body.secret, NOW) });
  expect(proven.body.recoveryCodes).toHaveLength(10);

  expect((await logIn('zhang', STRONG)).body.code).toBe('second-factor-required');
  expect((await logIn('zhang', STRONG, codeAt(begun.body.secret, NOW))).body.code).toBe('wrong-credentials');
  clock.now = NOW + MINUTE;
  const code = codeAt(begun.body.secret, clock.now);
  expect((await logIn('zhang', STRONG, code)).status).toBe(201);
  expect((await logIn('zhang', STRONG, code)).status).toBe(401);
  const [recovery] = proven.body.recoveryCodes;
  expect((await logIn('zhang', STRONG, recovery)).status).toBe(201);
  expect((await logIn('zhang', STRONG, recovery)).status).toBe(401);
  expect((await zhang('DELETE', '/sessions/current/second-factor', { password: STRONG })).status).toBe(204);
  expect((await logIn('zhang', STRONG)).status).toBe(201);
  clock.now = NOW;
});

test('where a second factor is demanded, nothing else works without', async () => {
  await as(security)('PUT', '/security-policy', { secondFactor: 'required' });
  const wu = await harness.person('wu', { role: 'city-administrator', wholeCity: true });
  expect((await as(wu)('GET', '/city')).body.code).toBe('second-factor-missing');
  await owner.query("delete from platform.setting where key = 'security'");
  expect((await as(wu)('GET', '/city')).status).toBe(200);
});

test('duties stay apart: administrators exclude one another, business and themselves', async () => {
  const sun = await harness.person('sun', { role: 'filler', division: '320412' });
  const grant = (id: number, body: object) => as(security)('POST', `/users/${id}/assignments`, body);
  expect(await grant(sun.id, { role: 'system-administrator' })).toMatchObject({
    status: 409,
    body: { code: 'conflict' },
  });
  expect((await grant(system.id, { role: 'security-administrator' })).status).toBe(409);
  expect((await grant(security.id, { role: 'audit-administrator' })).body.code).toBe('forbidden');
  expect((await grant(sun.id, { role: 'filler' })).body.errors[0].path).toBe('wholeCity');
  expect((await grant(sun.id, { role: 'filler', institutionIds: [999] })).body.errors[0].path).toBe('institutionIds');
  expect((await grant(sun.id, { role: 'installer', wholeCity: true })).status).toBe(400);
  expect((await as(system)('POST', `/users/${sun.id}/assignments`, { role: 'filler', wholeCity: true })).status).toBe(
    403,
  );
  expect((await as(security)('POST', '/users', { login: 'x1', displayName: 'x' })).status).toBe(403);
});

test('the first administrator counts only until the three are there', async () => {
  const first = await harness.person('first', { role: 'installer', wholeCity: true });
  expect((await as(first)('GET', '/city')).status).toBe(200);
  const third = await harness.person('third', { role: 'audit-administrator' });
  expect((await as(first)('GET', '/city')).status).toBe(403);
  await owner.query('update platform.assignment set revoked_at = $2 where user_id = $1', [third.id, new Date(NOW - 1)]);
  expect((await as(first)('GET', '/city')).status).toBe(200);
});

test('a right is handed on for a while, not once more, and ends with the right behind it', async () => {
  const [from, to] = [
    await harness.person('qian', { role: 'division-administrator', division: '320412' }),
    await harness.person('zhao'),
  ];
  const { rows } = await owner.query<{ id: number }>('select id from platform.assignment where user_id = $1', [
    from.id,
  ]);
  const assignmentId = rows[0]?.id ?? 0;
  const wanted = { assignmentId, login: 'zhao', validTo: '2026-12-01', reason: '休假' };
  expect((await as(to)('POST', '/delegations', { ...wanted, login: 'qian' })).status).toBe(404);
  expect((await as(from)('POST', '/delegations', { ...wanted, validTo: '2026-01-01' })).status).toBe(400);
  expect((await as(to)('GET', '/meters')).status).toBe(403);
  const handed = await as(from)('POST', '/delegations', wanted);
  expect(handed).toMatchObject({ status: 201, body: { delegatedFrom: assignmentId, grantedBy: 'qian' } });
  expect((await as(to)('GET', '/meters')).status).toBe(200);
  expect((await as(to)('POST', '/delegations', { ...wanted, assignmentId: handed.body.id, login: 'li' })).status).toBe(
    403,
  );
  clock.now = Date.parse('2026-12-01T00:00:00+08:00');
  await owner.query('update platform.session set expires_at = $1', [new Date(clock.now + HOUR)]);
  expect((await as(to)('GET', '/meters')).status).toBe(403);
  clock.now = NOW;
  expect((await as(security)('DELETE', `/assignments/${assignmentId}`)).status).toBe(204);
  clock.now = NOW + 1;
  expect((await as(to)('GET', '/meters')).status).toBe(403);
  clock.now = NOW;
});

test('changes need the version that was read; of ten at once one comes through; disabling ends the log-ins', async () => {
  const tang = await harness.person('tang', { role: 'filler', division: '320412' });
  const change = (version: number, body: object) =>
    as(system)('PATCH', `/users/${tang.id}`, body, { 'if-match': `"${version}"` });
  expect((await as(system)('PATCH', `/users/${tang.id}`, { displayName: 'x' })).status).toBe(400);
  const ten = await Promise.all(Array.from({ length: 10 }, (_, i) => change(1, { displayName: `唐${i}` })));
  expect(ten.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 412)]);
  expect((await as(tang)('GET', '/meters')).status).toBe(200);
  expect((await change(2, { enabled: false })).body).toMatchObject({ enabled: false, version: 3 });
  expect((await as(tang)('GET', '/meters')).status).toBe(401);
});

test('API tokens: no more than named, no more than the user, until they end; a token makes no tokens', async () => {
  const song = await harness.person('song', { role: 'city-administrator', wholeCity: true });
  const made = await as(song)('POST', '/tokens', {
    name: '日报',
    permissions: ['data.read', 'users.manage'],
    days: 30,
  });
  expect(made.body.token).toMatch(/^gz_/);
  const token = as({ headers: { authorization: `Bearer ${made.body.token}` } });
  expect((await token('GET', '/meters')).status).toBe(200);
  expect((await token('GET', '/exports/quota-compliance')).status).toBe(403);
  expect((await token('POST', '/users', { login: 'y1', displayName: 'y' })).status).toBe(403);
  expect((await token('POST', '/tokens', { name: 'x', permissions: ['data.read'], days: 1 })).status).toBe(403);
  const { rows } = await owner.query<{ all: string }>(
    "select string_agg(t::text, '') as all from platform.api_token t",
  );
  expect(rows[0]?.all).not.toContain(made.body.token);
  clock.now = NOW + 30 * DAY;
  expect((await token('GET', '/meters')).status).toBe(401);
  clock.now = NOW;
  expect((await as(song)('DELETE', `/tokens/${made.body.id}`)).status).toBe(204);
  expect((await token('GET', '/meters')).status).toBe(401);

  const service = await as(system)('POST', '/users', { login: 'grafana', displayName: 'Grafana', kind: 'service' });
  expect(service.body.temporaryPassword).toBeNull();
  await as(security)('POST', `/users/${service.body.id}/assignments`, { role: 'integration', wholeCity: true });
  const given = await as(security)('POST', `/users/${service.body.id}/tokens`, {
    name: 'g',
    permissions: ['data.read'],
    days: 365,
  });
  expect((await as({ headers: { authorization: `Bearer ${given.body.token}` } })('GET', '/meters')).status).toBe(200);
  expect(
    (await as(security)('POST', `/users/${song.id}/tokens`, { name: 'g', permissions: ['data.read'], days: 1 })).status,
  ).toBe(404);
});

test('log-ins are listed and ended one by one, and by the security administrator', async () => {
  const yang = await harness.person('yang', { role: 'filler', division: '320412' });
  const [item] = (await as(yang)('GET', '/sessions')).body.items;
  expect(item).toMatchObject({ current: true });
  const other = await harness.person('yang2');
  expect((await as(other)('DELETE', `/sessions/${item.id}`)).status).toBe(404);
  expect((await as(security)('DELETE', `/users/${yang.id}/sessions`)).status).toBe(204);
  expect((await as(yang)('GET', '/sessions')).status).toBe(401);
});

test('a reset password is temporary and ends the log-ins', async () => {
  const { body } = await as(system)('GET', '/users?search=zhang');
  const { headers } = await logIn('zhang', STRONG);
  const reset = await as(system)('POST', `/users/${body.items[0].id}/password-resets`);
  expect((await as({ headers })('GET', '/sessions/current')).status).toBe(401);
  expect((await logIn('zhang', reset.body.temporaryPassword)).body.duty).toBe('password-expired');
});
