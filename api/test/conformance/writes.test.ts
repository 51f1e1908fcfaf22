import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarness } from '../harness.ts';
import { call, exampleOf, missing } from './call.ts';
import { type Example, examplesOf, type ModuleExamples } from './examples.ts';
import { declaredRoutes, type Route, shapeOf } from './routes.ts';
import { fillWorld, NOW, type World } from './world.ts';

/**
 * Every write of every module, ten times at the same moment: one takes effect and leaves one audit row, the others get its
 * answer (Idempotency-Key) or are told that they came late (If-Match), and nobody a 500. A new write without an example that
 * succeeds fails here.
 */
const harness = await startHarness({ now: NOW });
const { app, owner } = harness;
afterAll(() => harness.stop());

const routes = declaredRoutes(harness.db).filter((route) => route.method !== 'GET' && route.auth !== 'public');
const examples = new Map<string, ModuleExamples>();
for (const { module } of routes) examples.set(module, await examplesOf(module));
const of = (route: Route): ModuleExamples => examples.get(route.module) ?? {};
const named = routes.map((route) => [`${route.method} ${route.url}`, route] as const);

const WRITERS = 10;
/** Versions as modules write them. */
const VERSIONS = [1, 2, 3, 4, 5].flatMap((n) => [`"${n}"`, `"v${n}"`]);
let world: World;
beforeAll(async () => {
  world = await fillWorld(owner);
  for (const module of examples.values()) {
    await module.seed?.(owner, world, 'ours');
    await module.seed?.(owner, world, 'theirs');
  }
});

/** What was written by a person; tries that were refused are on record too and are not meant here. */
async function auditRows(login: string) {
  const { rows } = await owner.query<{ action: string; target: string; address: string | null }>(
    `select action, target, address from platform.audit where actor = $1 and action <> 'access.refuse' order by id`,
    [login],
  );
  return rows;
}

const asks = (route: Route, header: string): boolean => Object.hasOwn(shapeOf(route.schema.headers), header);
const succeeded = ({ statusCode }: LightMyRequestResponse): boolean => statusCode < 300;

const locks = (route: Route, example: Example): boolean =>
  asks(route, 'if-match') || example.headers?.['if-match'] !== undefined;

/** Ten at once; with If-Match under the version that the record has by now, which earlier writes of this file moved on. */
async function tenAtOnce(route: Route, example: Example, headers: Readonly<Record<string, string>>) {
  const key = asks(route, 'idempotency-key') ? { 'idempotency-key': `ten-${route.operationId}` } : {};
  const versions = locks(route, example) ? VERSIONS : [undefined];
  let answers: LightMyRequestResponse[] = [];
  for (const version of versions) {
    const match = version === undefined ? {} : { 'if-match': version };
    const one = { ...example, headers: { ...example.headers, ...match } };
    answers = await Promise.all(Array.from({ length: WRITERS }, () => call(app, route, one, { ...headers, ...key })));
    if (answers.some(({ statusCode }) => statusCode !== 412 && statusCode !== 400)) break;
  }
  return answers;
}

test.each(named)('%s by ten at once', async (_, route) => {
  const example = exampleOf(route, of(route), world, 'ours');
  const refused = of(route).refusedAsExample?.[route.operationId] !== undefined;
  const lacking = missing(route, example);
  if (refused && lacking !== undefined) return;
  expect(lacking).toBeUndefined();
  const person = await harness.person(`ten-${route.operationId}`, { role: 'installer', wholeCity: true });
  const answers = await tenAtOnce(route, example, person.headers);
  const told = answers.map(({ statusCode, body }) => `${statusCode} ${body.slice(0, 400)}`);
  expect(told.filter((text) => text.startsWith('5'))).toEqual([]);

  const winners = answers.filter(succeeded);
  const rows = await auditRows(person.login);
  if (refused) {
    // Listed without need is as wrong as not listed.
    expect([winners.length, rows]).toEqual([0, []]);
    return;
  }
  expect(winners.length > 0 ? 'somebody succeeds' : told[0]).toBe('somebody succeeds');
  for (const row of rows)
    expect(row).toMatchObject({ action: expect.stringMatching(/^[a-z-]+\.[a-z-]+$/), address: '127.0.0.1' });
  if (asks(route, 'idempotency-key')) {
    expect(rows).toHaveLength(1);
    expect(new Set(winners.map(({ body }) => body)).size).toBe(1);
  } else if (locks(route, example)) {
    expect([winners.length, rows.length]).toEqual([1, 1]);
    const others = answers.filter((answer) => !succeeded(answer));
    for (const { statusCode } of others) expect([404, 409, 412]).toContain(statusCode);
  } else {
    expect(rows.length).toBe(winners.length);
  }
});
