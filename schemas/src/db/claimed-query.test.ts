import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixtureRegistry, testDatabase } from '../testing/index.ts';
import { type Claims, claimingPool } from './claims.ts';

const database = await testDatabase();
const owner = await database.open('ganzhi_owner');
const api = await database.open('ganzhi_api');
afterAll(() => database.drop());

let claims: Claims = 'none';
const db = claimingPool(api, () => claims);
const seen = async (config: { name?: string } = {}): Promise<string[]> => {
  const text = 'select code from registry.institution where code like $1 order by code';
  const { rows } = await db.query<{ code: string }>({ ...config, text, values: ['CZ-%'] });
  return rows.map(({ code }) => code);
};
const person = { userId: 1, permission: 'data.read', atMs: 0, wholeCity: false };

let first = 0;
beforeAll(async () => {
  first = (await fixtureRegistry(owner, { institution: 'CZ-0001', gateways: ['GW-1'], meters: [{ code: 'M-1' }] }))
    .institutionId;
  await fixtureRegistry(owner, { institution: 'CZ-0002', gateways: ['GW-2'], meters: [{ code: 'M-2' }] });
});

test.each([{}, { name: 'seen' }])(
  'a statement sees what its claim says, and the next one what its own says: %o',
  async (config) => {
    for (let round = 0; round < 3; round += 1) {
      claims = 'system';
      expect(await seen(config)).toEqual(['CZ-0001', 'CZ-0002']);
      claims = { ...person, scope: `{${first}}|{}|{}|{}` };
      expect(await seen(config)).toEqual(['CZ-0001']);
      claims = { ...person, scope: '{}|{}|{}|{}' };
      expect(await seen(config)).toEqual([]);
      // without the scope the database looks it up; this person has no rights at all
      claims = person;
      expect(await seen(config)).toEqual([]);
      claims = 'none';
      expect(await seen(config)).toEqual([]);
    }
  },
);

test('the claim ends with its statement, also with one that fails; the connection stays usable', async () => {
  claims = 'system';
  await expect(db.query('select 1 / $1::int', [0])).rejects.toThrow('division by zero');
  await expect(db.query({ name: 'wrong', text: 'select nothing from nowhere' })).rejects.toThrow('nowhere');
  await expect(db.query({ name: 'wrong', text: 'select nothing from nowhere' })).rejects.toThrow('nowhere');
  expect(await seen()).toHaveLength(2);
  const { rows } = await api.query(
    "select current_setting('ganzhi.claims') as claims, current_setting('ganzhi.scope') as scope, current_setting('plan_cache_mode') as plans",
  );
  expect(rows).toEqual([{ claims: 'system', scope: '', plans: 'auto' }]);
});

test('statements side by side keep apart; values and types are those of the pool', async () => {
  claims = { ...person, scope: `{${first}}|{}|{}|{}` };
  const scoped = Promise.all([seen(), seen({ name: 'seen' })]);
  claims = 'system';
  const all = Promise.all([seen(), seen({ name: 'seen' })]);
  expect([await scoped, await all]).toEqual([
    [['CZ-0001'], ['CZ-0001']],
    [
      ['CZ-0001', 'CZ-0002'],
      ['CZ-0001', 'CZ-0002'],
    ],
  ]);
  const { rows, rowCount } = await db.query("select 1::int8 as n, null as nothing, '2026-11-23'::date as day");
  expect([rows, rowCount]).toEqual([[{ n: 1n, nothing: null, day: '2026-11-23' }], 1]);
});
