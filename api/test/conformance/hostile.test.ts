import fc from 'fast-check';
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarness } from '../harness.ts';
import type { Person } from '../people.ts';
import { call, exampleOf } from './call.ts';
import { examplesOf, type ModuleExamples } from './examples.ts';
import { declaredRoutes, type Route } from './routes.ts';
import { fillWorld, NOW, type World } from './world.ts';

/**
 * Every route of openapi.json against input that nobody means well with. Whatever comes, the answer is an answer: never a
 * 500, a refusal is a problem document that names our code, and nothing of the machine stands in it.
 */
const harness = await startHarness({ now: NOW });
const { app, owner } = harness;
afterAll(() => harness.stop());

const routes = declaredRoutes(harness.db);
const examples = new Map<string, ModuleExamples>();
for (const { module } of routes) examples.set(module, await examplesOf(module));
const of = (route: Route): ModuleExamples => examples.get(route.module) ?? {};
const named = routes.map((route) => [`${route.method} ${route.url}`, route] as const);

let world: World;
let persons = 0;
/** A new one for each test: some routes end the session of who calls them, and the rest would then be refused at the door. */
const newcomer = (): Promise<Person> => {
  persons += 1;
  return harness.person(`hostile${persons}`, { role: 'installer', wholeCity: true });
};
beforeAll(async () => {
  world = await fillWorld(owner);
  for (const module of examples.values()) {
    await module.seed?.(owner, world, 'ours');
    await module.seed?.(owner, world, 'theirs');
  }
});

const NASTY_TEXTS = [
  '',
  ' ',
  '\0',
  "'; drop table registry.meter; --",
  "' or '1'='1",
  '$1',
  '%',
  '../../../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '=HYPERLINK("http://x","y")',
  '+1+1',
  '@SUM(A1)',
  '<script>alert(1)</script>',
  '\u202Egnp.exe',
  '\uFEFF\u200B',
  '\uD800',
  '🀄'.repeat(50),
  'ﬀ'.repeat(200),
  '9'.repeat(400),
  '-1',
  '0',
  '2147483648',
  '9223372036854775808',
  '1e309',
  'NaN',
  'null',
  'true',
  '{}',
  '[]',
  '2026-02-30',
  '0000-00-00',
  '275760-09-13T00:00:00Z',
  '__proto__',
  'constructor',
];
const nastyText = fc.oneof(fc.constantFrom(...NASTY_TEXTS), fc.string({ unit: 'binary', maxLength: 60 }));
const nastyValue: fc.Arbitrary<unknown> = fc.oneof(
  nastyText,
  fc.constantFrom(null, true, 0, -1, 1.5, 1e308, Number.MAX_SAFE_INTEGER, [], {}, [null], {
    __proto__: null,
    a: [[[[]]]],
  }),
  fc.array(nastyText, { maxLength: 3 }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Runs the property on a bounded number of inputs; the seed stands in the failure. */
const RUNS = 12;

async function isAnswered(route: Route, options: InjectOptions): Promise<void> {
  const answer = await app.inject(options);
  const where = `${route.method} ${route.url} -> ${answer.statusCode} ${answer.body.slice(0, 300)} to ${JSON.stringify(options)}`;
  if (answer.statusCode >= 500) throw new Error(where);
  if (answer.statusCode < 400) return;
  const problem = answer.json();
  if (!answer.headers['content-type']?.toString().startsWith('application/problem+json')) throw new Error(where);
  if (typeof problem.code !== 'string' || problem.status !== answer.statusCode) throw new Error(where);
  // Neither SQL, nor a stack, nor a path of this machine.
  if (/node_modules|\bat .+:\d+:\d+|syntax error at|relation "|column "|SQLSTATE/.test(answer.body))
    throw new Error(where);
}

const path = (url: string, value: (name: string) => string): string =>
  `/api/v1${url.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(value(name)))}`;
const wellFormed = (text: string): string => text.toWellFormed();

const shape = (schema: unknown): string[] => Object.keys((schema as { shape?: object } | undefined)?.shape ?? {});

test.each(named)('%s answers hostile parameters, queries and bodies', async (_, route) => {
  const person = await newcomer();
  const queries = [...shape(route.schema.querystring), 'x', '__proto__'];
  const fields = [...shape(route.schema.body), 'x', '__proto__', 'constructor'];
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.constantFrom(...queries), nastyText, { maxKeys: 3 }),
      fc.oneof(fc.dictionary(fc.constantFrom(...fields), nastyValue, { maxKeys: 6 }), nastyValue),
      nastyText,
      fc.boolean(),
      async (query, body, param, keepPath) => {
        const own = exampleOf(route, of(route), world, 'ours');
        const url = path(route.url, (name) => (keepPath ? String(own.params?.[name] ?? 1) : wellFormed(param)));
        const payload = route.method === 'GET' ? {} : { payload: JSON.stringify(body) ?? 'null' };
        const headers = { ...person.headers, 'if-match': wellFormedHeader(param), 'content-type': 'application/json' };
        const search = new URLSearchParams(
          Object.entries(query).map(([name, text]): [string, string] => [name, wellFormed(text)]),
        );
        await isAnswered(route, {
          method: route.method,
          url: `${url}?${search}`,
          headers: route.method === 'GET' ? person.headers : headers,
          remoteAddress: `192.0.2.${fc.sample(fc.nat({ max: 250 }), 1)[0] ?? 1}`,
          ...payload,
        });
      },
    ),
    { numRuns: RUNS, endOnFailure: true },
  );
});

/** What Node lets through in a header. */
const wellFormedHeader = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);

test('a good body with one field wrong, missing or too long is refused by its name', async () => {
  const person = await newcomer();
  for (const [name, route] of named) {
    const example = exampleOf(route, of(route), world, 'ours');
    const body = example.body;
    // bytes have no fields
    if (typeof body !== 'object' || body === null || Buffer.isBuffer(body)) continue;
    for (const field of Object.keys(body)) {
      for (const wrong of [{ [field]: { nested: [] } }, { [field]: 'x'.repeat(20_000) }]) {
        const answer = await call(app, route, { ...example, body: { ...body, ...wrong } }, person.headers);
        expect([name, field, answer.statusCode < 500]).toEqual([name, field, true]);
        expect([name, field, answer.statusCode]).toEqual([name, field, 400]);
      }
    }
    const extra = await call(app, route, { ...example, body: { ...body, surprise: 1 } }, person.headers);
    expect([name, extra.statusCode, extra.json().errors?.[0]?.path]).toEqual([name, 400, 'surprise']);
  }
});

const withBody = named.filter(([, { schema }]) => schema.body !== undefined);

test.each(withBody)('%s refuses a body beyond the limit, and one that is no JSON', async (_, route) => {
  const url = path(route.url, (name) => String(exampleOf(route, of(route), world, 'ours').params?.[name] ?? 1));
  const person = await newcomer();
  const send = (payload: string, type: string) =>
    app.inject({ method: route.method, url, payload, headers: { ...person.headers, 'content-type': type } });
  const huge = await send(`{"x":"${'x'.repeat(3 * 1024 * 1024)}"}`, 'application/json');
  expect([400, 413]).toContain(huge.statusCode);
  expect((await send('{"x":', 'application/json')).statusCode).toBe(400);
  expect((await send('<x/>', 'application/xml')).statusCode).toBe(400);
  expect((await send(`${'['.repeat(20_000)}${']'.repeat(20_000)}`, 'application/json')).statusCode).toBe(400);
});

test('forged, cut, expired and foreign tokens open nothing', async () => {
  const person = await newcomer();
  const old = await harness.person('old', { role: 'city-administrator', wholeCity: true });
  await owner.query('update platform.session set expires_at = $2 where user_id = $1', [old.id, new Date(NOW - 1)]);
  const tokens = [
    old.token,
    person.token.slice(0, -1),
    `${person.token}A`,
    person.token.toUpperCase(),
    `gz_${person.token}`,
    'x'.repeat(43),
    'null',
    "' or 1=1 --",
  ];
  for (const [name, route] of named.filter(([, { auth }]) => auth !== 'public')) {
    const url = path(route.url, () => '1');
    for (const token of tokens) {
      const answer = await app.inject({ method: route.method, url, headers: { authorization: `Bearer ${token}` } });
      expect([name, answer.statusCode]).toEqual([name, 401]);
    }
  }
});

test('paths that climb, double slashes and strange methods find nothing', async () => {
  const person = await newcomer();
  for (const url of [
    '/api/v1/../../etc/passwd',
    '/api/v1/%2e%2e/%2e%2e/etc/passwd',
    '/api/v1//institutions',
    '/api/v1/institutions/%00',
    `/api/v1/${'a'.repeat(5_000)}`,
    '/api/v1/institutions/%ff%fe',
  ]) {
    const answer = await app.inject({ url, headers: person.headers });
    expect([url, [400, 404].includes(answer.statusCode), answer.json().code !== undefined]).toEqual([url, true, true]);
  }
});
