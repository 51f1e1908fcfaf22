import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { sessionOf } from '../../auth/guard.ts';
import type { Api, Context } from '../../context.ts';
import { NoQuery, problems } from '../../lib/shapes.ts';
import { beginSecondFactor, changePassword, confirmSecondFactor, removeSecondFactor } from './own-account.ts';
import { ChangePassword, Confirm, ConfirmCode, Enrolment, RecoveryCodes } from './schema.ts';

const tags = ['sessions'];
/** Each of these looks at a password or a code: a session left open must not become a place to guess. */
const config = { auth: 'session', rateLimit: { max: 10, timeWindow: '1 minute' } } as const;

/** What a person does with his own account. */
export function ownAccountRoutes(api: Api, { db, clock }: Context): void {
  const asked = (request: FastifyRequest) => ({ session: sessionOf(request), address: request.ip, now: clock() });

  api.route({
    method: 'PUT',
    url: '/sessions/current/password',
    config,
    schema: {
      tags,
      operationId: 'changePassword',
      summary: 'Change my password; ends my other log-ins · 修改密码',
      querystring: NoQuery,
      body: ChangePassword,
      response: { 204: z.null(), ...problems(400, 401, 403) },
    },
    handler: async (request, reply) => {
      await changePassword(db, asked(request), request.body);
      return reply.code(204).send(null);
    },
  });

  api.route({
    method: 'POST',
    url: '/sessions/current/second-factor',
    config,
    schema: {
      tags,
      operationId: 'beginSecondFactor',
      summary: 'Secret for an authenticator program · 绑定双因素',
      querystring: NoQuery,
      body: Confirm,
      response: { 201: Enrolment, ...problems(400, 401, 403, 409) },
    },
    handler: async (request, reply) =>
      reply.code(201).send(await beginSecondFactor(db, asked(request), request.body.password)),
  });

  api.route({
    method: 'PUT',
    url: '/sessions/current/second-factor',
    config,
    schema: {
      tags,
      operationId: 'confirmSecondFactor',
      summary: 'Prove the authenticator; answers with recovery codes, once · 确认双因素',
      querystring: NoQuery,
      body: ConfirmCode,
      response: { 200: RecoveryCodes, ...problems(400, 401, 403) },
    },
    handler: (request) => confirmSecondFactor(db, asked(request), request.body.code),
  });

  api.route({
    method: 'DELETE',
    url: '/sessions/current/second-factor',
    config,
    schema: {
      tags,
      operationId: 'removeSecondFactor',
      summary: 'Take the second factor away · 停用双因素',
      querystring: NoQuery,
      body: Confirm,
      response: { 204: z.null(), ...problems(400, 401, 403) },
    },
    handler: async (request, reply) => {
      await removeSecondFactor(db, asked(request), request.body.password);
      return reply.code(204).send(null);
    },
  });
}
