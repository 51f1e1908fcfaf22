import { withTx } from '@ganzhi/schemas/db';
import type { FastifyRequest } from 'fastify';
import { sessionOf } from '../../auth/guard.ts';
import type { Api, Context } from '../../context.ts';
import { notFound, Refusal } from '../../errors/refuse.ts';
import { audit } from '../../lib/audit.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { stale, wantedVersion } from '../../lib/version.ts';
import { endSessions } from '../sessions/sql.ts';
import { userOf } from '../users/rules.ts';
import { User } from '../users/schema.ts';
import { findUser, type UserRow } from '../users/sql.ts';
import type { Provider } from './provider.ts';
import { Identity } from './schema.ts';
import { setIdentity } from './sql.ts';

const tags = ['users'];
const config = { auth: 'user', permission: 'users.manage' } as const;

/** Which identity at the provider is which user: entered by the system administrator, never guessed. */
export function identityRoutes(api: Api, { db }: Context, provider: Provider | undefined): void {
  const answer = (row: UserRow, request: FastifyRequest) =>
    userOf(row, sessionOf(request).user.permissions.includes('personal.read'));
  const change = async (request: FastifyRequest, id: number, subject: string | null) => {
    const version = wantedVersion(request.headers['if-match']);
    const identity = subject === null ? null : await identityOf(provider, subject);
    return withTx(db, async (tx) => {
      const before = await findUser(tx, id);
      if (!before) throw notFound();
      if (before.kind !== 'person') {
        throw new Refusal('conflict', { zh: '服务账号不登录。', en: 'A service account does not log in.' });
      }
      if (!(await setIdentity(tx, id, version, identity))) throw stale();
      // sessions of the identity before end with it
      await endSessions(tx, id);
      const after = await findUser(tx, id);
      if (!after) throw notFound();
      await audit(tx, {
        actor: sessionOf(request).user.login,
        action: subject === null ? 'user.untie-identity' : 'user.tie-identity',
        target: before.login,
        before: { subject: before.oidc_subject },
        after: identity ?? { subject: null },
        address: request.ip,
      });
      return after;
    });
  };

  api.route({
    method: 'PUT',
    url: '/users/:id/oidc-identity',
    config,
    schema: {
      tags,
      operationId: 'tieOidcIdentity',
      summary: 'Let an identity of the organisation log in as this user; needs If-Match · 绑定统一身份',
      params: IdParams,
      querystring: NoQuery,
      body: Identity,
      response: { 200: User, ...problems(400, 401, 403, 404, 409, 412) },
    },
    handler: async (request) => answer(await change(request, request.params.id, request.body.subject), request),
  });

  api.route({
    method: 'DELETE',
    url: '/users/:id/oidc-identity',
    config,
    schema: {
      tags,
      operationId: 'untieOidcIdentity',
      summary: 'End that; needs If-Match · 解绑统一身份',
      params: IdParams,
      querystring: NoQuery,
      response: { 200: User, ...problems(400, 401, 403, 404, 409, 412) },
    },
    handler: async (request) => answer(await change(request, request.params.id, null), request),
  });
}

/** @throws Refusal `not-found` when no provider is configured, `unavailable` when it is away */
async function identityOf(
  provider: Provider | undefined,
  subject: string,
): Promise<{ issuer: string; subject: string }> {
  if (!provider) throw notConfigured();
  return { issuer: await provider.issuer(), subject };
}

export const notConfigured = (): Refusal =>
  new Refusal('not-found', {
    zh: '未配置统一身份认证（GANZHI_OIDC_ISSUER）。',
    en: 'No log-in of the organisation is configured (GANZHI_OIDC_ISSUER).',
  });
