import { afterAll, expect, test } from 'vitest';
import { migrate, probeFlavour } from '../src/db/index.ts';
import { QUANTITIES } from '../src/index.ts';
import { testDatabase } from '../src/testing/index.ts';

const database = await testDatabase();
afterAll(() => database.drop());

test('a second migration run changes nothing', async () => {
  expect(await migrate(database.url)).toEqual({ flavour: 'plain', applied: [] });
});

test('the vocabulary in the database is the one in code', async () => {
  const db = await database.open('ganzhi_api');
  const { rows } = await db.query('select id, code, unit, kind from registry.quantity order by id');
  expect(rows).toEqual(QUANTITIES.map(({ id, code, unit, kind }) => ({ id, code, unit, kind })));
});

test('the flavour is found by probing', async () => {
  const db = await database.open('ganzhi_owner');
  expect(await probeFlavour(db)).toBe('plain');
});
