import type { ModuleExamples } from '../../../test/conformance/examples.ts';

const reason = 'users belong to no institution; only the three administrators come here (users.test.ts)';

export const examples: ModuleExamples = {
  unscoped: {
    listUsers: reason,
    getUser: reason,
    createUser: reason,
    updateUser: reason,
    resetUserPassword: reason,
    endUserSessions: reason,
  },
};
