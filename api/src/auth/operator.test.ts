import { testDatabase } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { createUser, grantByOperator, tokenForLogin, tokenRevoked } from './operator.ts';
import { findSession } from './session.ts';

const database = await testDatabase();
const db = await database.open('ganzhi_api');
afterAll(() => database.drop());

test('the operator enters a user, gives a role, makes and ends a token; what makes no sense is refused in words', async () => {
  expect((await createUser(db, { login: 'sysadmin', displayName: '系统' })).password).toHaveLength(20);
  await expect(createUser(db, { login: 'sysadmin', displayName: 'x' })).rejects.toMatchObject({ code: 'conflict' });
  await expect(createUser(db, { login: 'Bad Login', displayName: 'x' })).rejects.toMatchObject({
    code: 'invalid-request',
  });
  const grant = (role: string, more = {}) =>
    grantByOperator(db, { login: 'sysadmin', role, wholeCity: false, ...more });
  await expect(grant('auditor')).rejects.toThrow(/--whole-city/);
  await expect(grant('auditor', { division: '999' })).rejects.toMatchObject({ code: 'not-found' });
  await expect(grant('no-such-role')).rejects.toMatchObject({ code: 'not-found' });
  await grant('system-administrator');
  await expect(grant('auditor', { wholeCity: true })).rejects.toThrow(/exclude one another/);

  const wanted = { name: 'night job', permissions: ['users.read', 'data.read'], days: 1 };
  const made = await tokenForLogin(db, 'sysadmin', wanted, Date.now());
  const later = Date.now() + 1_000;
  expect((await findSession(db, made.token, later))?.user.permissions).toEqual(['users.read']);
  expect(await tokenRevoked(db, made.id, later)).toBe('sysadmin');
  expect(await findSession(db, made.token, later)).toBeUndefined();
  await expect(tokenRevoked(db, made.id, later)).rejects.toMatchObject({ code: 'not-found' });
});
