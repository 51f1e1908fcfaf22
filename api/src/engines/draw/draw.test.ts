import { withTx } from '@ganzhi/schemas/db';
import { testDatabase } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { flawOf } from './rules.ts';
import { holdDraw, readDraw, sealDraw } from './sql.ts';

const database = await testDatabase();
afterAll(() => database.drop());
const owner = await database.open('ganzhi_owner');
const db = await database.open('ganzhi_api');
const CANDIDATES = ['E-3', 'E-1', 'E-2', 'E-4'];
let asker = 0;
let clerk = 0;

beforeAll(async () => {
  const { rows } = await owner.query<{ id: number }>(
    `insert into platform.app_user (login, display_name, password_hash)
     select login, login, 'never matches' from unnest('{asker,clerk}'::text[]) login returning id`,
  );
  [asker = 0, clerk = 0] = rows.map(({ id }) => id);
});

const seal = (wanted = 2) =>
  withTx(db, (tx) => sealDraw(tx, { subject: 'procurement/17', requestedBy: asker, candidates: CANDIDATES, wanted }));

test('a held draw can be drawn again from its record', async () => {
  const id = await seal();
  const recusals = [{ id: 'E-2', reason: '亲属' }];
  const held = await withTx(db, (tx) => holdDraw(tx, { id, heldBy: clerk, recusals }));
  const kept = await readDraw(db, id);
  expect(kept).toEqual(held);
  expect(flawOf(kept)).toBeUndefined();
  await owner.query(`update platform.draw set candidates = array_append(candidates, 'E-9') where id = $1`, [id]);
  expect(flawOf(await readDraw(db, id))).toBe('list-changed');
});

test('the service can not change a sealed list', async () => {
  const id = await seal();
  await expect(db.query(`update platform.draw set candidates = '{E-9}' where id = $1`, [id])).rejects.toThrow(
    'permission denied',
  );
});

test('a draw is held once, even by two at the same time, and not by the one who asked', async () => {
  const id = await seal();
  const hold = (heldBy: number) => withTx(db, (tx) => holdDraw(tx, { id, heldBy, recusals: [] }));
  await expect(hold(asker)).rejects.toThrow('somebody else');
  const outcomes = await Promise.allSettled([hold(clerk), hold(clerk)]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  await expect(hold(clerk)).rejects.toThrow('held already');
});

test('a draw that cannot be held stays sealed', async () => {
  const id = await seal(5);
  await expect(withTx(db, (tx) => holdDraw(tx, { id, heldBy: clerk, recusals: [] }))).rejects.toThrow('remain');
  await expect(readDraw(db, id)).rejects.toMatchObject({ code: 'not-found' });
});
