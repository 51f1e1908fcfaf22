import type { ModuleExamples } from '../../../test/conformance/examples.ts';

const reason = 'users belong to no institution; only the system administrator comes here (oidc.test.ts)';

export const examples: ModuleExamples = {
  routes: {
    completeOidcLogIn: () => ({ body: { code: '123456' } }),
    tieOidcIdentity: () => ({ params: { id: 1 }, body: { subject: 'a1b2' } }),
    untieOidcIdentity: () => ({ params: { id: 1 } }),
  },
  unscoped: { tieOidcIdentity: reason, untieOidcIdentity: reason },
};
