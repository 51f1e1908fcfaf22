import { MINUTE } from '@ganzhi/schemas';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';
import { ensureAdministrator } from '../../auth/administrator.ts';
import { hashPassword } from '../../auth/password.ts';
import { admit, LOCK_MS, MAX_FAILURES } from './rules.ts';

const NOW = Date.parse('2026-11-23T10:00:00+08:00');
const harness = await startHarness({ now: NOW });
const { app, owner, clock } = harness;
afterAll(() => harness.stop());

beforeAll(async () => {
  await owner.query(
    `insert into platform.app_user (login, display_name, password_hash, password_changed_at) values ('li', '李', $1, $2), ('wang', '王', $1, $2)`,
    [await hashPassword('correct horse'), new Date(NOW)],
  );
});

const logIn = (login: string, password: string) =>
  app.inject({ method: 'POST', url: '/api/v1/sessions', payload: { login, password } });

test('attempts: the fifth in a row locks for five minutes, then counting starts again', () => {
  let state = { failures: 0, lockedUntil: null as number | null };
  for (let i = 1; i <= MAX_FAILURES; i += 1) {
    const admission = admit(state, NOW);
    if (admission.locked) throw new Error(`locked at attempt ${i}`);
    state = admission.next;
  }
  expect(state).toEqual({ failures: 5, lockedUntil: NOW + LOCK_MS });
  expect(admit(state, NOW + 4 * MINUTE)).toEqual({ locked: true, retryAfterS: 60 });
  expect(admit(state, NOW + LOCK_MS)).toEqual({ locked: false, next: { failures: 1, lockedUntil: null } });
});

test('log in, ask who I am, write with the CSRF token, log out', async () => {
  const opened = await logIn('li', 'correct horse');
  expect(opened.statusCode).toBe(201);
  const body = opened.json();
  expect(body).toMatchObject({
    user: { login: 'li', displayName: '李', roles: [], permissions: [] },
    expiresAt: '2026-11-23T22:00:00.000+08:00',
  });
  const [cookie] = opened.cookies;
  expect(cookie).toMatchObject({ name: 'ganzhi_session', httpOnly: true, sameSite: 'Lax', path: '/' });
  const cookies = { ganzhi_session: cookie?.value ?? '' };

  const current = await app.inject({ url: '/api/v1/sessions/current', cookies });
  expect(current.json()).toMatchObject({
    user: body.user,
    csrfToken: body.csrfToken,
    expiresAt: body.expiresAt,
    duty: null,
  });

  const forged = await app.inject({ method: 'DELETE', url: '/api/v1/sessions/current', cookies });
  expect([forged.statusCode, forged.json().code]).toEqual([403, 'csrf-failed']);
  const headers = { 'x-csrf-token': body.csrfToken };
  const closed = await app.inject({ method: 'DELETE', url: '/api/v1/sessions/current', cookies, headers });
  expect([closed.statusCode, closed.body]).toEqual([204, '']);
  expect((await app.inject({ url: '/api/v1/sessions/current', cookies })).statusCode).toBe(401);

  const { rows } = await owner.query("select action, target from platform.audit where actor = 'li' order by id");
  expect(rows).toEqual([
    { action: 'session.create', target: 'li' },
    { action: 'session.delete', target: 'li' },
  ]);
});

test('a bearer token writes without CSRF token, and ends after 12 hours', async () => {
  const { token } = (await logIn('li', 'correct horse')).json();
  const headers = { authorization: `Bearer ${token}` };
  clock.now = NOW + 12 * 60 * MINUTE - 1;
  expect((await app.inject({ url: '/api/v1/sessions/current', headers })).statusCode).toBe(200);
  clock.now = NOW + 12 * 60 * MINUTE;
  expect((await app.inject({ url: '/api/v1/sessions/current', headers })).statusCode).toBe(401);
  clock.now = NOW;
  expect((await app.inject({ method: 'DELETE', url: '/api/v1/sessions/current', headers })).statusCode).toBe(204);
});

test('tokens and passwords are stored as hashes only', async () => {
  const { token } = (await logIn('li', 'correct horse')).json();
  const { rows } = await owner.query<{ all: string }>(
    `select (select string_agg(s::text, '') from platform.session s) ||
       (select string_agg(u::text, '') from platform.app_user u) as all`,
  );
  expect(rows[0]?.all).not.toContain(token);
  expect(rows[0]?.all).not.toContain('correct horse');
});

test.each(['wang', 'nobody-of-this-name'])('five wrong passwords lock %s, whether it exists or not', async (login) => {
  for (let i = 0; i < 5; i += 1) {
    const refused = await logIn(login, 'wrong');
    expect([refused.statusCode, refused.json().code]).toEqual([401, 'wrong-credentials']);
  }
  const locked = await logIn(login, 'correct horse');
  expect([locked.statusCode, locked.json().code, locked.headers['retry-after']]).toEqual([
    429,
    'too-many-requests',
    '300',
  ]);
});

test('the lock ends by itself and a right password clears the count', async () => {
  clock.now = NOW + 5 * MINUTE;
  expect((await logIn('wang', 'correct horse')).statusCode).toBe(201);
  const { rows } = await owner.query("select failed_logins, locked_until from platform.app_user where login = 'wang'");
  expect(rows).toEqual([{ failed_logins: 0, locked_until: null }]);
});

test('the administrator is made once, with a password that works', async () => {
  await owner.query('delete from platform.app_user');
  const made = await ensureAdministrator(harness.db);
  expect(made?.login).toBe('admin');
  expect(await ensureAdministrator(harness.db)).toBeUndefined();
  const answer = await app.inject({
    method: 'POST',
    url: '/api/v1/sessions',
    payload: made ?? {},
    remoteAddress: '192.0.2.7',
  });
  expect(answer.json().user).toMatchObject({ login: 'admin', displayName: '管理员', roles: ['installer'] });
});

test('guessing is limited by address as well', async () => {
  const answers = [];
  for (let i = 0; i < 25; i += 1) {
    answers.push(
      await app.inject({
        method: 'POST',
        url: '/api/v1/sessions',
        payload: { login: 'x'.repeat(100) },
        remoteAddress: '192.0.2.1',
      }),
    );
  }
  const last = answers.at(-1);
  expect([last?.statusCode, last?.json().code]).toEqual([429, 'too-many-requests']);
});
