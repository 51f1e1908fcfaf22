import type { ModuleExamples } from '../../../test/conformance/examples.ts';

const reason = 'users belong to no institution; only the system administrator comes here (oidc.test.ts)';

/** Accounts of our own: those of the module for users change theirs. */
const account = (place: 'ours' | 'theirs') => ({
  params: { id: place === 'ours' ? 900_011 : 900_012 },
  headers: { 'if-match': '"1"' },
});

export const examples: ModuleExamples = {
  seed: async (owner, _, place) => {
    await owner.query(
      `insert into platform.app_user (id, login, display_name) overriding system value values ($1, $2, 'x')`,
      [account(place).params.id, `oidc-${place}`],
    );
  },
  routes: {
    completeOidcLogIn: () => ({ body: { code: '123456' } }),
    tieOidcIdentity: (_, place) => ({ ...account(place), body: { subject: `a1b2-${place}` } }),
    untieOidcIdentity: (_, place) => account(place),
  },
  refusedAsExample: { tieOidcIdentity: 'no provider is configured for the harness; oidc.test.ts ties with a real one' },
  unscoped: { tieOidcIdentity: reason, untieOidcIdentity: reason },
};
