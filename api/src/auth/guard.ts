import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Api, Context } from '../context.ts';
import { Refusal } from '../errors/refuse.ts';
import { findSession, type Session } from './session.ts';

export const SESSION_COOKIE = 'ganzhi_session';
export const CSRF_HEADER = 'x-csrf-token';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call: everybody, or somebody who is logged in. Every route of the API declares it. */
    auth?: 'public' | 'user';
  }
  interface FastifyRequest {
    session: Session | null;
  }
}

const anonymous = (): Refusal =>
  new Refusal('not-authenticated', {
    zh: '请先登录（POST /api/v1/sessions）。',
    en: 'Log in first (POST /api/v1/sessions).',
  });

/** The session of a request on a route that asks for one. */
export function sessionOf(request: FastifyRequest): Session {
  if (!request.session) throw anonymous();
  return request.session;
}

/**
 * Refuses routes without an access rule when they are declared, and requests without a session when they come. Runs before
 * the input is checked, so that strangers learn nothing about it.
 */
export function installGuard(api: Api, { db, clock }: Context): void {
  api.decorateRequest('session', null);
  api.addHook('onRoute', (route) => {
    if (!route.config?.auth) throw new Error(`${route.method} ${route.url} declares no access rule (config.auth)`);
  });
  api.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.auth === 'public') return;
    const bearer = bearerToken(request.headers.authorization);
    const token = bearer ?? request.cookies[SESSION_COOKIE];
    const session = token ? await findSession(db, token, clock()) : undefined;
    if (!session) throw anonymous();
    // A browser sends the cookie with whatever page makes it; a header it sends for our page only.
    if (!bearer && isWrite(request.method) && !sameText(request.headers[CSRF_HEADER], session.csrfToken)) {
      throw new Refusal('csrf-failed', {
        zh: '请在 X-CSRF-Token 中带上会话的 csrfToken。',
        en: 'Send the csrfToken of the session in X-CSRF-Token.',
      });
    }
    request.session = session;
  });
}

const isWrite = (method: string): boolean => method !== 'GET' && method !== 'HEAD';

function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer ([A-Za-z0-9_-]{20,200})$/.exec(header ?? '')?.[1];
}

function sameText(given: string | string[] | undefined, wanted: string): boolean {
  if (typeof given !== 'string') return false;
  const a = Buffer.from(given);
  const b = Buffer.from(wanted);
  return a.length === b.length && timingSafeEqual(a, b);
}
