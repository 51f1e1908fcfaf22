import { expect, test } from 'vitest';
import { SessionStore } from './session-store.ts';

const session = {
  user: { login: 'a', displayName: 'A', roles: ['installer'], permissions: [] },
  csrfToken: 'c',
  expiresAt: '',
  via: 'password' as const,
};

test('only somebody who was logged in is told that the session expired', () => {
  const visitor = new SessionStore();
  visitor.expired();
  expect(visitor.state).toEqual({ phase: 'out', expired: false });

  const user = new SessionStore();
  user.begun(session);
  user.expired();
  // Several polls learn of it at once.
  user.expired();
  expect(user.state).toEqual({ phase: 'out', expired: true });

  user.begun(session);
  user.ended();
  expect(user.state).toEqual({ phase: 'out', expired: false });
});
