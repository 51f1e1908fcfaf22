import type { ModuleExamples } from '../../../test/conformance/examples.ts';

const reason = 'users belong to no institution; only the three administrators come here (users.test.ts)';

/** Service accounts of known numbers: a new password of a person costs 0.4 s of computing. */
const params = (_: unknown, place: 'ours' | 'theirs') => ({ params: { id: place === 'ours' ? 900_001 : 900_002 } });

export const examples: ModuleExamples = {
  seed: async (owner, _, place) => {
    await owner.query(
      `insert into platform.app_user (id, login, display_name, kind) overriding system value values ($1, $2, 'x', 'service')`,
      [params(_, place).params.id, `service-${place}`],
    );
  },
  routes: {
    createUser: () => ({ body: { login: 'new-service', displayName: 'x', kind: 'service' } }),
    updateUser: (world, place) => ({
      ...params(world, place),
      headers: { 'if-match': '"1"' },
      body: { phone: '1234567' },
    }),
    endUserSessions: params,
  },
  unscoped: {
    listUsers: reason,
    getUser: reason,
    createUser: reason,
    updateUser: reason,
    resetUserPassword: reason,
    endUserSessions: reason,
  },
  refusedAsExample: {
    resetUserPassword: 'services have no password; users.test.ts',
  },
};
