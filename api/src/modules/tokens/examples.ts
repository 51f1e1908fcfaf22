import type { ModuleExamples } from '../../../test/conformance/examples.ts';

const body = { name: 'x', permissions: ['data.read'], days: 1 };

export const examples: ModuleExamples = {
  routes: {
    createToken: () => ({ body }),
    createServiceToken: (_, place) => ({ params: { id: place === 'ours' ? 900_001 : 900_002 }, body }),
  },
  unscoped: {
    createServiceToken: 'tokens belong to a user; what they show is the scope of his roles (tokens.test.ts)',
  },
  refusedAsExample: {
    revokeToken: 'needs a token of the caller; users.test.ts',
  },
};
