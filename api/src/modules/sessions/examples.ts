import type { ModuleExamples } from '../../../test/conformance/examples.ts';

const own = 'needs the password or a session of the caller; sessions.test.ts';

export const examples: ModuleExamples = {
  refusedAsExample: {
    deleteSession: own,
    changePassword: own,
    beginSecondFactor: own,
    confirmSecondFactor: own,
    removeSecondFactor: own,
  },
};
