import type { ModuleExamples } from '../../../test/conformance/examples.ts';

export const examples: ModuleExamples = {
  unscoped: {
    createServiceToken: 'tokens belong to a user; what they show is the scope of his roles (tokens.test.ts)',
  },
};
