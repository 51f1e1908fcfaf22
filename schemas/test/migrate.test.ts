import { afterAll, expect, test } from 'vitest';
import { migrate, probeFlavour } from '../src/db/index.ts';
import { BOOKED_COUNTER, QUANTITIES } from '../src/index.ts';
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

test('the booked counter of a medium is the same in SQL and in code', async () => {
  const db = await database.open('ganzhi_api');
  const { rows } = await db.query<{ medium: string; point: number }>(
    'select medium, registry.booked_point(medium) as point from unnest($1::text[]) as medium',
    [Object.keys(BOOKED_COUNTER)],
  );
  expect(Object.fromEntries(rows.map((row) => [row.medium, row.point]))).toEqual(
    Object.fromEntries(Object.entries(BOOKED_COUNTER).map(([medium, quantity]) => [medium, quantity.id])),
  );
});

test('the flavour is found by probing', async () => {
  const db = await database.open('ganzhi_owner');
  expect(await probeFlavour(db)).toBe('plain');
});
