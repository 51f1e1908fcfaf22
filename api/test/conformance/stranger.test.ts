import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHarness } from '../harness.ts';
import type { Person } from '../people.ts';
import { call, exampleOf, missing } from './call.ts';
import { examplesOf, type ModuleExamples } from './examples.ts';
import { declaredRoutes, type Route } from './routes.ts';
import { changePlace, fillWorld, NOW, type World } from './world.ts';

/**
 * A user of one division never sees another's (G12), tried on every route of every module: not by looking for names, but by
 * changing everything that belongs to the other division and comparing the stranger's answers byte by byte. That covers
 * lists, details, exports, searches, counts and sums alike. A new route without an example fails here.
 */
const harness = await startHarness({ now: NOW });
const { app, owner } = harness;
afterAll(() => harness.stop());

const routes = declaredRoutes(harness.db).filter((route) => route.auth === 'user');
const examples = new Map<string, ModuleExamples>();
for (const { module } of routes) examples.set(module, await examplesOf(module));
const of = (route: Route): ModuleExamples => examples.get(route.module) ?? {};

const ROLES = [{ role: 'division-administrator' }, { role: 'fleet-operator' }, { role: 'auditor' }];
let world: World;
let stranger: Person;
let insider: Person;

beforeAll(async () => {
  world = await fillWorld(owner);
  for (const module of examples.values()) {
    await module.seed?.(owner, world, 'ours');
    await module.seed?.(owner, world, 'theirs');
  }
  stranger = await harness.person('stranger', ...ROLES.map((right) => ({ ...right, division: world.ours.division })));
  insider = await harness.person('insider', ...ROLES.map((right) => ({ ...right, division: world.theirs.division })));
});

async function changeTheirs(round: number): Promise<void> {
  await changePlace(owner, world.theirs, round);
  for (const module of examples.values()) await module.change?.(owner, world, 'theirs');
}

const scoped = routes.filter((route) => of(route).unscoped?.[route.operationId] === undefined);
const named = scoped.map((route) => [`${route.method} ${route.url}`, route] as const);
const reads = named.filter(([, { method }]) => method === 'GET');
const writes = named.filter(([, { method }]) => method !== 'GET');

test.each(named)('%s has an example', (_, route) => {
  expect(missing(route, exampleOf(route, of(route), world, 'theirs'))).toBeUndefined();
});

describe('reading', () => {
  test('what a stranger is told does not depend on what another division does', async () => {
    // "Theirs" by id where the address names something, everything where it does not.
    const answers = async (person: Person) => {
      const told = new Map<string, { status: number; body: string }>();
      for (const [name, route] of reads) {
        const example = exampleOf(route, of(route), world, 'theirs');
        const answer = await call(app, route, example, person.headers);
        const { requestId: _, ...problem } = answer.statusCode >= 400 ? answer.json() : {};
        const body = answer.statusCode >= 400 ? JSON.stringify(problem) : answer.rawPayload.toString('base64');
        told.set(name, { status: answer.statusCode, body });
      }
      return told;
    };
    const before = { stranger: await answers(stranger), insider: await answers(insider) };
    await changeTheirs(1);
    const after = { stranger: await answers(stranger), insider: await answers(insider) };
    expect(after.stranger).toEqual(before.stranger);
    for (const [name, route] of reads) {
      // Whoever may see it is served, and does see the difference: otherwise the comparison above proves nothing.
      expect([name, before.insider.get(name)?.status]).toEqual([name, 200]);
      expect([name, after.insider.get(name)?.body === before.insider.get(name)?.body]).toEqual([name, false]);
      expect([name, before.stranger.get(name)?.status]).toEqual([name, route.url.includes(':') ? 404 : 200]);
    }
  });

  test('tries at what is not theirs are on record', async () => {
    const { rows } = await owner.query<{ target: string }>(
      `select distinct target from platform.audit where action = 'access.refuse' and actor = 'stranger'`,
    );
    expect(rows.map((row) => row.target)).toContain(`GET /api/v1/institutions/${world.theirs.institutionId}`);
    expect(rows.length).toBeGreaterThanOrEqual(reads.filter(([, { url }]) => url.includes(':')).length);
  });
});

/** A digest of every row that belongs to a place: whatever a write touches shows. */
async function rowsOf(institutionId: number): Promise<string> {
  const { rows: tables } = await owner.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relkind in ('r', 'p') and not c.relispartition and a.attname = 'institution_id' and not a.attisdropped
     order by 1`,
  );
  const digests = [];
  for (const { name } of tables) {
    const { rows } = await owner.query<{ all: string }>(
      `select coalesce(string_agg(t::text, '|' order by t::text), '') as all from ${name} t where institution_id = $1`,
      [institutionId],
    );
    digests.push(`${name}: ${rows[0]?.all}`);
  }
  return digests.join('\n');
}

test('no write of a stranger changes anything of another division', async () => {
  for (const [name, route] of writes) {
    const before = await rowsOf(world.theirs.institutionId);
    const answer = await call(app, route, exampleOf(route, of(route), world, 'theirs'), stranger.headers);
    expect([name, [403, 404].includes(answer.statusCode), answer.body]).toEqual([name, true, answer.body]);
    expect([name, await rowsOf(world.theirs.institutionId)]).toEqual([name, before]);
  }
});

test('whoever has no role at all is refused everywhere', async () => {
  const nobody = await harness.person('nobody');
  for (const [name, route] of named) {
    const answer = await call(app, route, exampleOf(route, of(route), world, 'ours'), nobody.headers);
    expect([name, answer.statusCode, answer.json().code]).toEqual([name, 403, 'forbidden']);
  }
});

test('the three administrators see no business data', async () => {
  for (const role of ['system-administrator', 'security-administrator', 'audit-administrator']) {
    const administrator = await harness.person(role, { role });
    for (const path of ['/institutions', '/meters', '/city', '/gateways', '/quarantine', '/exports/quota-compliance']) {
      const answer = await app.inject({ url: `/api/v1${path}`, headers: administrator.headers });
      expect([role, path, answer.statusCode]).toEqual([role, path, 403]);
    }
  }
});
