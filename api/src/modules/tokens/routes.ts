import { withTx } from '@ganzhi/schemas/db';
import { z } from 'zod';
import { sessionOf } from '../../auth/guard.ts';
import type { ApiModule } from '../../context.ts';
import { notFound, Refusal } from '../../errors/refuse.ts';
import { audit } from '../../lib/audit.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { findUser } from '../users/sql.ts';
import { CreatedToken, CreateToken, Tokens } from './schema.ts';
import { createToken, revokeToken, tokensOf } from './tokens.ts';

const tags = ['tokens'];
const own = { auth: 'session' } as const;

export const tokens: ApiModule = {
  name: 'tokens',
  routes: (api, { db, clock }) => {
    api.route({
      method: 'GET',
      url: '/tokens',
      config: own,
      schema: {
        tags,
        operationId: 'listTokens',
        summary: 'My API tokens, newest first · 我的令牌',
        querystring: NoQuery,
        response: { 200: Tokens, ...problems(400, 401) },
      },
      handler: async (request) => ({ items: await tokensOf(db, sessionOf(request).user.id) }),
    });

    api.route({
      method: 'POST',
      url: '/tokens',
      config: own,
      schema: {
        tags,
        operationId: 'createToken',
        summary: 'A token for a program of mine; shown once · 新建令牌',
        querystring: NoQuery,
        body: CreateToken,
        response: { 201: CreatedToken, ...problems(400, 401, 403) },
      },
      handler: async (request, reply) => {
        const { user, tokenId } = sessionOf(request);
        // A token that could make tokens would outlive its own end.
        if (tokenId !== undefined) {
          throw new Refusal('forbidden', { zh: '令牌不得再建令牌。', en: 'A token makes no tokens.' });
        }
        const by = { actor: user.login, address: request.ip, now: clock() };
        return reply.code(201).send(await createToken(db, user, request.body, by));
      },
    });

    api.route({
      method: 'DELETE',
      url: '/tokens/:id',
      config: own,
      schema: {
        tags,
        operationId: 'revokeToken',
        summary: 'End one of my tokens now · 吊销令牌',
        params: IdParams,
        querystring: NoQuery,
        response: { 204: z.null(), ...problems(400, 401, 403, 404) },
      },
      handler: async (request, reply) => {
        const { id, login } = sessionOf(request).user;
        await withTx(db, async (tx) => {
          if (!(await revokeToken(tx, request.params.id, clock(), id))) throw notFound();
          await audit(tx, {
            actor: login,
            action: 'token.revoke',
            target: login,
            after: request.params,
            address: request.ip,
          });
        });
        return reply.code(204).send(null);
      },
    });

    api.route({
      method: 'POST',
      url: '/users/:id/tokens',
      config: { auth: 'user', permission: 'roles.manage' },
      schema: {
        tags,
        operationId: 'createServiceToken',
        summary: 'A token for a service account; shown once · 服务账号令牌',
        params: IdParams,
        querystring: NoQuery,
        body: CreateToken,
        response: { 201: CreatedToken, ...problems(400, 401, 403, 404) },
      },
      handler: async (request, reply) => {
        const user = await findUser(db, request.params.id);
        // Nobody makes tokens in another person's name.
        if (user?.kind !== 'service') throw notFound();
        const by = { actor: sessionOf(request).user.login, address: request.ip, now: clock() };
        return reply.code(201).send(await createToken(db, user, request.body, by));
      },
    });
  },
};
