import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

export const CLIENT = { clientId: 'ganzhi', clientSecret: 'a-secret-of-the-tests-only-0123456789' };

/** Who stands before the provider's log-in. */
export interface Visitor {
  subject: string;
  name: string;
  preferredLogin: string;
  amr: string[];
}

/** An organisation's provider on a socket of its own. It lets in whoever `visitor` is, without a form. */
export interface TestProvider {
  issuer: URL;
  visitor: Visitor;
  /** @param publicUrl where the page is found; the only place the provider sends browsers back to */
  open(publicUrl: string): void;
  close(): Promise<void>;
}

export async function startOidcProvider(): Promise<TestProvider> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const issuer = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const provided: TestProvider = {
    issuer,
    visitor: { subject: 'p-1', name: '李明', preferredLogin: 'li.ming', amr: ['pwd'] },
    open(publicUrl) {
      const provider = providerOf(issuer, publicUrl, provided);
      const answer = provider.callback();
      server.on('request', async (request, response) => {
        if (!request.url?.startsWith('/interaction/')) return void answer(request, response);
        const { subject, amr } = provided.visitor;
        await provider.interactionFinished(request, response, { login: { accountId: subject, amr, remember: false } });
      });
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
  return provided;
}

function providerOf(issuer: URL, publicUrl: string, provided: TestProvider): Provider {
  return new Provider(issuer.origin, {
    clients: [
      {
        client_id: CLIENT.clientId,
        client_secret: CLIENT.clientSecret,
        redirect_uris: [`${publicUrl}/api/v1/oidc/callback`],
        post_logout_redirect_uris: [`${publicUrl}/`],
      },
    ],
    cookies: { keys: ['of the tests'] },
    claims: { openid: ['sub', 'amr'], profile: ['name', 'preferred_username'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    pkce: { required: () => true },
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    findAccount: (_, accountId) => {
      const { name, preferredLogin } = provided.visitor;
      return { accountId, claims: () => ({ sub: accountId, name, preferred_username: preferredLogin }) };
    },
    async loadExistingGrant(context) {
      const { client, session } = context.oidc;
      if (!client || !session?.accountId) return undefined;
      const grant = new context.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid profile');
      await grant.save();
      return grant;
    },
  });
}
