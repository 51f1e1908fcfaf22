import type { ModuleExamples } from '../../../test/conformance/examples.ts';

const reason = 'rights belong to no institution; only the security administrator gives them (roles.test.ts)';

/** The accounts that the examples of users make. */
const user = (place: 'ours' | 'theirs') => ({ id: place === 'ours' ? 900_001 : 900_002 });

export const examples: ModuleExamples = {
  routes: {
    grantRole: (_, place) => ({ params: user(place), body: { role: 'auditor', wholeCity: true } }),
    putSecurityPolicy: () => ({ body: { passwordMinLength: 12 } }),
  },
  unscoped: {
    listRoles: reason,
    listUserAssignments: reason,
    grantRole: reason,
    revokeRole: reason,
    getSecurityPolicy: reason,
    putSecurityPolicy: reason,
  },
  refusedAsExample: {
    revokeRole: 'needs a right of its own; users.test.ts',
    delegateRole: 'needs a right of the caller; users.test.ts',
  },
};
