import type { ModuleExamples } from '../../../test/conformance/examples.ts';

const reason = 'rights belong to no institution; only the security administrator gives them (roles.test.ts)';

export const examples: ModuleExamples = {
  unscoped: {
    listRoles: reason,
    listUserAssignments: reason,
    grantRole: reason,
    revokeRole: reason,
    getSecurityPolicy: reason,
    putSecurityPolicy: reason,
  },
};
