import { shanghaiText } from '@ganzhi/schemas';
import { withTx } from '@ganzhi/schemas/db';
import { z } from 'zod';
import { SESSION_COOKIE, sessionOf } from '../../auth/guard.ts';
import { closeSession, findSession, SESSION_MS } from '../../auth/session.ts';
import type { ApiModule } from '../../context.ts';
import { notFound } from '../../errors/refuse.ts';
import { audit } from '../../lib/audit.ts';
import { NoQuery, problems } from '../../lib/shapes.ts';
import { ownAccountRoutes } from './account-routes.ts';
import { currentSession } from './answer.ts';
import { logIn, newMemories } from './login.ts';
import { CreateSession, CurrentSession, OpenedSession, OpenSessions, SessionParams } from './schema.ts';
import { endSessions, sessionsOf } from './sql.ts';

const tags = ['sessions'];
const LOGINS_PER_MINUTE = 20;

export const sessions: ApiModule = {
  name: 'sessions',
  routes: (api, context) => {
    const { db, clock, mode } = context;
    const memories = newMemories();
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
        const now = clock();
        const { token } = await logIn(db, memories, {
          ...request.body,
          address: request.ip,
          agent: request.headers['user-agent'],
          now,
        });
        const session = await findSession(db, token, now);
        if (!session) throw notFound();
        reply.setCookie(SESSION_COOKIE, token, { ...cookie, maxAge: SESSION_MS / 1_000 });
        return reply.code(201).send({ ...currentSession(session, now), token });
      },
    });

    api.route({
      method: 'GET',
      url: '/sessions',
      config: { auth: 'session' },
      schema: {
        tags,
        operationId: 'listSessions',
        summary: 'My open log-ins, newest first · 我的登录',
        querystring: NoQuery,
        response: { 200: OpenSessions, ...problems(400, 401) },
      },
      handler: async (request) => {
        const { user, login } = sessionOf(request);
        const rows = await sessionsOf(db, user.id, clock());
        return {
          items: rows.map((row) => ({
            id: String(row.id),
            createdAt: shanghaiText(row.created_at),
            expiresAt: shanghaiText(row.expires_at),
            address: row.address,
            agent: row.agent,
            current: row.id === login?.id,
          })),
        };
      },
    });

    api.route({
      method: 'GET',
      url: '/sessions/current',
      config: { auth: 'session' },
      schema: {
        tags,
        operationId: 'getCurrentSession',
        summary: 'Who is logged in · 当前用户',
        querystring: NoQuery,
        response: { 200: CurrentSession, ...problems(400, 401) },
      },
      handler: async (request) => currentSession(sessionOf(request), clock()),
    });

    api.route({
      method: 'DELETE',
      url: '/sessions/current',
      config: { auth: 'session' },
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

    api.route({
      method: 'DELETE',
      url: '/sessions/:id',
      config: { auth: 'session' },
      schema: {
        tags,
        operationId: 'deleteSession',
        summary: 'End one of my log-ins · 结束登录',
        params: SessionParams,
        querystring: NoQuery,
        response: { 204: z.null(), ...problems(400, 401, 403, 404) },
      },
      handler: async (request, reply) => {
        const { user } = sessionOf(request);
        const { id } = request.params;
        await withTx(db, async (tx) => {
          if ((await endSessions(tx, user.id, { id: BigInt(id) })) === 0) throw notFound();
          await audit(tx, { actor: user.login, action: 'session.revoke', target: id, address: request.ip });
        });
        return reply.code(204).send(null);
      },
    });

    ownAccountRoutes(api, context);
  },
};
