import type { AddressInfo } from 'node:net';
import { MINUTE } from '@ganzhi/schemas';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { TestBrowser } from '../../../test/browser.ts';
import { startHarness } from '../../../test/harness.ts';
import { CLIENT, startOidcProvider } from '../../../test/oidc-provider.ts';
import type { Person } from '../../../test/people.ts';
import { oidcSettings } from '../../auth/oidc-settings.ts';
import { codeAt, newSecret } from '../../auth/second-factor.ts';

const NOW = Date.parse('2026-11-23T10:00:00+08:00');
// twenty journeys a minute and address are allowed: this file takes nineteen
const provider = await startOidcProvider();
const settings = { issuer: provider.issuer, ...CLIENT, publicUrl: '', createUsers: false };
const harness = await startHarness({ now: NOW, oidc: settings });
const { app, owner, clock } = harness;
await app.listen({ host: '127.0.0.1', port: 0 });
settings.publicUrl = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
provider.open(settings.publicUrl);
const { publicUrl } = settings;
const system = await harness.person('system', { role: 'system-administrator' });
afterAll(async () => {
  await harness.stop();
  await provider.close();
});

let people = 0;
let browser = new TestBrowser();
beforeEach(() => {
  browser = new TestBrowser();
  clock.now = NOW;
  settings.createUsers = false;
  people += 1;
  provider.visitor = { subject: `p-${people}`, name: '李明', preferredLogin: `li.ming${people}`, amr: ['pwd'] };
});

const api = `${publicUrl}/api/v1`;
const isCallback = ({ pathname }: URL): boolean => pathname === '/api/v1/oidc/callback';
const logIn = async () => (await browser.walk(`${api}/oidc/start`)).at.hash;
const whoAmI = async () => {
  const answer = await browser.send(`${api}/sessions/current`);
  return answer.status === 200 ? ((await answer.json()) as { user: { login: string } }).user.login : answer.status;
};
const audited = async (action: string) => {
  const { rows } = await owner.query<{ actor: string; target: string; after: unknown }>(
    'select actor, target, after from platform.audit where action = $1 order by id desc limit 1',
    [action],
  );
  return rows[0];
};

async function identity(person: Person, method: 'PUT' | 'DELETE', subject?: string) {
  const { rows } = await owner.query<{ version: number }>('select version from platform.app_user where id = $1', [
    person.id,
  ]);
  return app.inject({
    method,
    url: `/api/v1/users/${person.id}/oidc-identity`,
    headers: { ...system.headers, 'if-match': `"${rows[0]?.version}"` },
    ...(subject === undefined ? {} : { payload: { subject } }),
  });
}

async function tied(): Promise<Person> {
  const person = await harness.person(`user${people}`);
  expect((await identity(person, 'PUT', provider.visitor.subject)).statusCode).toBe(200);
  return person;
}

test('who is tied to an account is logged in: PKCE, state and nonce on the way, a trace behind', async () => {
  const person = await tied();
  const { way, at } = await browser.walk(`${api}/oidc/start`);
  const departure = way[1]?.searchParams;
  expect(departure?.get('code_challenge_method')).toBe('S256');
  for (const name of ['code_challenge', 'state', 'nonce']) expect(departure?.get(name)).toMatch(/^[\w-]{43}$/);
  expect(departure?.get('redirect_uri')).toBe(`${api}/oidc/callback`);
  expect([at.origin, at.hash]).toEqual([publicUrl, '#/city']);
  expect(await whoAmI()).toBe(person.login);
  expect(browser.cookie(publicUrl, 'ganzhi_oidc')).toBeUndefined();
  expect(await audited('session.create')).toEqual({
    actor: person.login,
    target: person.login,
    after: { via: 'oidc' },
  });
  expect(await audited('user.tie-identity')).toMatchObject({ actor: 'system', target: person.login });
});

test('a stranger is refused and on record, also one with the name of an account', async () => {
  const person = await harness.person(provider.visitor.preferredLogin);
  expect(await logIn()).toBe('#/login?problem=no-account');
  expect(await whoAmI()).toBe(401);
  const after = { issuer: provider.issuer.origin, subject: provider.visitor.subject };
  expect(await audited('session.refuse')).toEqual({ actor: 'unknown', target: 'oidc', after });
  settings.createUsers = true;
  expect(await logIn()).toBe('#/city');
  expect(await whoAmI()).toMatch(/^oidc-[0-9a-f]{16}$/);
  expect(await whoAmI()).not.toBe(person.login);
});

test('where users are made of strangers they have their own name and no right', async () => {
  settings.createUsers = true;
  expect(await logIn()).toBe('#/city');
  expect(await whoAmI()).toBe(provider.visitor.preferredLogin);
  expect((await browser.send(`${api}/institutions`)).status).toBe(403);
});

test('a return is good once, soon, and in the browser that left', async () => {
  await tied();
  const { at: back } = await browser.walk(`${api}/oidc/start`, isCallback);
  const thief = new TestBrowser();
  expect((await thief.walk(back.href)).at.hash).toBe('#/login?problem=timed-out');
  expect((await browser.walk(back.href)).at.hash).toBe('#/city');
  browser.setCookie(publicUrl, 'ganzhi_oidc', back.searchParams.get('state') ?? '');
  expect((await browser.walk(back.href)).at.hash).toBe('#/login?problem=timed-out');
  const { at: late } = await browser.walk(`${api}/oidc/start`, isCallback);
  clock.now += 10 * MINUTE;
  expect((await browser.walk(late.href)).at.hash).toBe('#/login?problem=timed-out');
});

test.each([
  ['another nonce', "update platform.oidc_flow set nonce = 'another'"],
  ['another code verifier', `update platform.oidc_flow set code_verifier = repeat('a', 43)`],
])('%s is refused', async (_, change) => {
  await tied();
  const { at: back } = await browser.walk(`${api}/oidc/start`, isCallback);
  await owner.query(change);
  expect((await browser.walk(back.href)).at.hash).toBe('#/login?problem=failed');
  expect(await whoAmI()).toBe(401);
});

test('a return that names another issuer is refused', async () => {
  await tied();
  const { at: back } = await browser.walk(`${api}/oidc/start`, isCallback);
  back.searchParams.set('iss', 'http://127.0.0.1:1');
  expect((await browser.walk(back.href)).at.hash).toBe('#/login?problem=failed');
  expect(await whoAmI()).toBe(401);
});

test('a second factor here is asked for after the provider; wrong codes lock', async () => {
  const person = await tied();
  const secret = newSecret();
  await owner.query('update platform.app_user set totp_secret = $2, totp_confirmed = true where id = $1', [
    person.id,
    secret,
  ]);
  expect(await logIn()).toBe('#/login?step=code');
  expect(await whoAmI()).toBe(401);
  const send = (code: string) =>
    browser.send(`${api}/oidc/code`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
    });
  expect((await send('abcdef')).status).toBe(401);
  expect((await send(codeAt(secret, NOW))).status).toBe(201);
  expect(await whoAmI()).toBe(person.login);
  expect((await send(codeAt(secret, NOW))).status).toBe(401);

  browser = new TestBrowser();
  expect(await logIn()).toBe('#/login?step=code');
  for (let i = 0; i < 5; i += 1) expect((await send('abcdef')).status).toBe(401);
  expect((await send(codeAt(secret, NOW + MINUTE))).status).toBe(429);
});

test('a lock by wrong passwords does not keep the vouched-for out; a disabled account does', async () => {
  const person = await tied();
  await owner.query('update platform.app_user set failed_logins = 5, locked_until = $2 where id = $1', [
    person.id,
    new Date(NOW + MINUTE),
  ]);
  expect(await logIn()).toBe('#/city');
  await owner.query('update platform.app_user set enabled = false where id = $1', [person.id]);
  browser = new TestBrowser();
  expect(await logIn()).toBe('#/login?problem=disabled');
});

test('where a second factor is demanded, that of the provider counts', async () => {
  await tied();
  const demand = (value: string) =>
    owner.query(
      `insert into platform.setting (key, value) values ('security', $1) on conflict (key) do update set value = excluded.value`,
      [value],
    );
  await demand('{"secondFactor":"required"}');
  const duty = async () =>
    ((await (await browser.send(`${api}/sessions/current`)).json()) as { duty: string | null }).duty;
  await logIn();
  expect(await duty()).toBe('second-factor-missing');
  provider.visitor.amr = ['pwd', 'mfa'];
  browser = new TestBrowser();
  await logIn();
  expect(await duty()).toBeNull();
  await demand('{}');
});

test('untied, the identity opens nothing and its sessions have ended', async () => {
  const person = await tied();
  await logIn();
  expect((await identity(person, 'DELETE')).statusCode).toBe(200);
  expect(await whoAmI()).toBe(401);
  expect(await logIn()).toBe('#/login?problem=no-account');
  expect(await audited('user.untie-identity')).toMatchObject({ actor: 'system', target: person.login });
});

test('an identity belongs to one account, and only the system administrator gives it', async () => {
  await tied();
  const other = await harness.person(`other${people}`);
  expect((await identity(other, 'PUT', provider.visitor.subject)).statusCode).toBe(409);
  const answer = await app.inject({
    method: 'PUT',
    url: `/api/v1/users/${other.id}/oidc-identity`,
    headers: { authorization: `Bearer ${harness.token}`, 'if-match': '"1"' },
    payload: { subject: 'x' },
  });
  expect(answer.statusCode).toBe(403);
});

test('log-out goes to the provider and comes back to the page', async () => {
  const answer = await browser.send(`${api}/oidc/logout`);
  const exit = new URL(answer.headers.get('location') ?? '');
  expect(exit.origin).toBe(provider.issuer.origin);
  expect(exit.searchParams.get('post_logout_redirect_uri')).toBe(`${publicUrl}/`);
});

test('the page learns of the way; without settings there is none', async () => {
  const told = await (await browser.send(`${api}/log-in-methods`)).json();
  expect(told).toEqual({ password: true, oidc: { start: 'api/v1/oidc/start', logout: 'api/v1/oidc/logout' } });
  const none = { GANZHI_OIDC_ISSUER: undefined, GANZHI_OIDC_CREATE_USERS: 'false' } as const;
  const rest = { GANZHI_PUBLIC_URL: undefined, GANZHI_OIDC_CLIENT_ID: undefined, GANZHI_OIDC_CLIENT_SECRET: undefined };
  expect(oidcSettings({ ...none, ...rest })).toBeUndefined();
  expect(() => oidcSettings({ ...none, ...rest, GANZHI_OIDC_ISSUER: 'https://login.example.org' })).toThrow(
    /GANZHI_OIDC_CLIENT_ID/,
  );
  const full = {
    GANZHI_PUBLIC_URL: 'https://energy.example.org',
    GANZHI_OIDC_CLIENT_ID: 'a',
    GANZHI_OIDC_CLIENT_SECRET: 'b',
  };
  expect(() => oidcSettings({ ...none, ...full, GANZHI_OIDC_ISSUER: 'http://login.example.org' })).toThrow(/https/);
});
