import { readdirSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { declaredRoutes, shapeOf } from '../../test/conformance/routes.ts';
import { startHarness } from '../../test/harness.ts';
import { modules } from './index.ts';

/** Sameness of all modules, checked by walking them: whoever adds a route is checked without adding a test. */
const harness = await startHarness();
const { app } = harness;
/** Somebody who may do everything: what is refused here is refused for its content. */
const everything = await harness.person('everything', { role: 'installer', wholeCity: true });
const get = (path: string) => app.inject({ url: `/api/v1${path}`, headers: everything.headers });
afterAll(() => harness.stop());

const routes = declaredRoutes(harness.db);
const example = (url: string): string => `/api/v1${url.replace(':id', '2000000000').replace(':code', 'GW-NOBODY')}`;
const named = routes.map((route) => [`${route.method} ${route.url}`, route] as const);
const guarded = named.filter(([, route]) => route.auth === 'user');
const user = everything.headers;

test('every folder is a listed module', () => {
  const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true });
  const names = folders.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  expect(modules.map((module) => module.name).sort()).toEqual(names.sort());
});

test('operation ids are unique', () => {
  const ids = routes.map((route) => route.schema.operationId);
  expect(new Set(ids).size).toBe(routes.length);
});

test.each(named)('%s declares access, tag, summary, input and every answer', (_, { auth, schema, url }) => {
  expect(['public', 'session', 'user']).toContain(auth);
  expect(schema.tags).toHaveLength(1);
  expect(schema.summary).toMatch(/ · /);
  expect(schema.querystring).toBeDefined();
  const statuses = Object.keys(schema.response ?? {});
  expect(statuses).toEqual(expect.arrayContaining(['400', '401', '429', '500', '503']));
  expect(statuses.some((status) => status.startsWith('2') || status === '302')).toBe(true);
  if (url.includes(':')) expect(statuses).toContain('404');
});

test.each(guarded)('%s refuses strangers before it looks at the input', async (_, { method, url }) => {
  const answer = await app.inject({ method: method as 'GET', url: `${example(url)}?nonsense=1` });
  expect([answer.statusCode, answer.json().code]).toEqual([401, 'not-authenticated']);
  const forged = await app.inject({
    method: method as 'GET',
    url: example(url),
    headers: { authorization: `Bearer ${'x'.repeat(43)}` },
  });
  expect(forged.statusCode).toBe(401);
});

test.each(named)('%s names an unknown query field', async (_, { method, url }) => {
  const answer = await app.inject({ method: method as 'GET', url: `${example(url)}?nonsense=1`, headers: user });
  expect(answer.statusCode).toBe(400);
  // A route with a body is told of the body first.
  if (method === 'GET') expect(answer.json().errors).toMatchObject([{ path: 'nonsense', code: 'unknown-field' }]);
});

const texts = guarded.flatMap(([name, { method, url, schema }]) =>
  method === 'GET' ? Object.keys(shapeOf(schema.querystring)).map((field) => [name, url, field] as const) : [],
);

test.each(texts)('%s (%s) refuses U+0000 in %s and names the field', async (_, url, field) => {
  const answer = await app.inject({ method: 'GET', url: `${example(url)}?${field}=%00`, headers: user });
  expect(answer.statusCode).toBe(400);
  expect(answer.json().errors).toMatchObject([{ path: field }]);
});

test.each(guarded.filter(([, { url }]) => url.includes(':')))('%s answers 404 to an unknown id', async (_, { url }) => {
  const answer = await get(example(url).replace('/api/v1', ''));
  expect([answer.statusCode, answer.json().code]).toEqual([404, 'not-found']);
});

const paged = named.filter(([, { schema }]) =>
  JSON.stringify(Object.keys(shapeOf(schema.querystring))).includes('cursor'),
);

test.each(paged)('%s refuses limits and cursors that are not ours', async (_, { url }) => {
  if (url.includes(':')) return;
  const path = example(url).replace('/api/v1', '');
  for (const query of ['limit=0', 'limit=1001', 'limit=x', 'cursor=eHh4', 'cursor=WyJhIiwiYiIsImMiXQ']) {
    const answer = await get(`${path}?${query}`);
    expect([query, answer.statusCode, answer.json().errors?.[0]?.path]).toEqual([query, 400, query.split('=')[0]]);
  }
});

test('there are paged lists to check', () => expect(paged.length).toBeGreaterThanOrEqual(4));
