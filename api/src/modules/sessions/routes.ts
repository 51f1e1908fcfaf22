import { shanghaiText } from '@ganzhi/schemas';
import { z } from 'zod';
import { SESSION_COOKIE, sessionOf } from '../../auth/guard.ts';
import { closeSession, SESSION_MS } from '../../auth/session.ts';
import type { ApiModule } from '../../context.ts';
import { audit } from '../../lib/audit.ts';
import { NoQuery, problems } from '../../lib/shapes.ts';
import { logIn, UnknownNames } from './login.ts';
import { CreateSession, CurrentSession, OpenedSession } from './schema.ts';

const tags = ['sessions'];
const LOGINS_PER_MINUTE = 20;

export const sessions: ApiModule = {
  name: 'sessions',
  routes: (api, { db, clock, mode }) => {
    const unknown = new UnknownNames();
    const cookie = { path: '/', httpOnly: true, sameSite: 'lax', secure: mode === 'production' } as const;

    api.route({
      method: 'POST',
      url: '/sessions',
      config: { auth: 'public', rateLimit: { max: LOGINS_PER_MINUTE, timeWindow: '1 minute' } },
      schema: {
        tags,
        operationId: 'createSession',
        summary: 'Log in · 登录',
        security: [],
        querystring: NoQuery,
        body: CreateSession,
        response: { 201: OpenedSession, ...problems(400, 401) },
      },
      handler: async (request, reply) => {
        const opened = await logIn(db, unknown, { ...request.body, address: request.ip, now: clock() });
        const { login, displayName, role } = opened.user;
        reply.setCookie(SESSION_COOKIE, opened.token, { ...cookie, maxAge: SESSION_MS / 1_000 });
        return reply.code(201).send({
          user: { login, displayName, role },
          csrfToken: opened.csrfToken,
          token: opened.token,
          expiresAt: shanghaiText(opened.expiresAt),
        });
      },
    });

    api.route({
      method: 'GET',
      url: '/sessions/current',
      config: { auth: 'user' },
      schema: {
        tags,
        operationId: 'getCurrentSession',
        summary: 'Who is logged in · 当前用户',
        querystring: NoQuery,
        response: { 200: CurrentSession, ...problems(400, 401) },
      },
      handler: async (request) => {
        const { user, csrfToken, expiresAt } = sessionOf(request);
        const { login, displayName, role } = user;
        return { user: { login, displayName, role }, csrfToken, expiresAt: shanghaiText(expiresAt) };
      },
    });

    api.route({
      method: 'DELETE',
      url: '/sessions/current',
      config: { auth: 'user' },
      schema: {
        tags,
        operationId: 'deleteCurrentSession',
        summary: 'Log out · 退出',
        querystring: NoQuery,
        response: { 204: z.null(), ...problems(400, 401, 403) },
      },
      handler: async (request, reply) => {
        const session = sessionOf(request);
        await closeSession(db, session);
        const { login } = session.user;
        await audit(db, { actor: login, action: 'session.delete', target: login, address: request.ip });
        return reply.clearCookie(SESSION_COOKIE, cookie).code(204).send(null);
      },
    });
  },
};
