import { timingSafeEqual } from 'node:crypto';
import type { Claims, DataSpan, Db } from '@ganzhi/schemas/db';
import type { FastifyContextConfig, FastifyRequest } from 'fastify';
import type { Api, Context } from '../context.ts';
import { Refusal } from '../errors/refuse.ts';
import { audit } from '../lib/audit.ts';
import { underClaims } from './claims.ts';
import { assertShown } from './data-window.ts';
import type { Permission } from './permissions.ts';
import { openDuty } from './policy.ts';
import { findSession, type Session } from './session.ts';

export const SESSION_COOKIE = 'ganzhi_session';
export const CSRF_HEADER = 'x-csrf-token';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Who may call. `public`: everybody, and nothing in scope. `session`: whoever is logged in, about himself. `user`: who
     * has the permission, which is `data.read` for reading and `data.write` for writing unless `permission` names another.
     */
    auth?: 'public' | 'session' | 'user';
    permission?: Permission;
    /**
     * What an answer shows of readings and consumption: nothing (`registry`), or a span that follows from the request, whose
     * query is checked by then. Unsaid, and for every write: anything, and a right that is limited to a span of data opens
     * nothing here.
     */
    data?: 'registry' | ((request: FastifyRequest, now: number) => DataSpan);
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

/** The permission that a route asks for; undefined: nobody need be logged in. */
export function permissionOf(
  config: { auth?: 'public' | 'session' | 'user'; permission?: Permission },
  method: string,
): Permission | undefined {
  if (config.auth === 'public') return undefined;
  if (config.auth === 'session') return 'session';
  return config.permission ?? (isWrite(method) ? 'data.write' : 'data.read');
}

/** What a route says of its answers. A right that is limited to a span of data writes nowhere, whatever the route says. */
const shownBy = ({ data }: Pick<FastifyContextConfig, 'data'>, method: string): FastifyContextConfig['data'] =>
  isWrite(method) ? undefined : data;

/**
 * Refuses routes without an access rule when they are declared, and requests without a session or permission when they
 * come. Runs before the input is checked, so that strangers learn nothing about it. Every handler then runs under the claims
 * of its caller.
 *
 * @param context with the pool as it is: who asks is found out before anybody can be claimed for
 */
export function installGuard(api: Api, { db, clock }: Context): void {
  api.decorateRequest('session', null);
  api.addHook('onRoute', (route) => {
    const { config, handler, method, url } = route;
    if (!config?.auth) throw new Error(`${method} ${url} declares no access rule (config.auth)`);
    route.handler = function scoped(request, reply) {
      const permission = permissionOf(config, request.method);
      const claims = permission && request.session ? claimsOf(request, request.session, permission, clock()) : 'none';
      return underClaims(claims, () => handler.call(this, request, reply));
    };
  });
  api.addHook('onRequest', async (request) => {
    const { config } = request.routeOptions;
    const permission = permissionOf(config, request.method);
    if (permission === undefined) return;
    const bearer = bearerToken(request.headers.authorization);
    const token = bearer ?? request.cookies[SESSION_COOKIE];
    // A request that reads has its scope looked up once; one that writes sees what it enters, so each statement looks anew.
    const scopeFor = permission === 'session' || isWrite(request.method) ? undefined : permission;
    const session = token ? await findSession(db, token, clock(), scopeFor) : undefined;
    if (!session) throw anonymous();
    // A browser sends the cookie with whatever page makes it; a header it sends for our page only.
    if (!bearer && isWrite(request.method) && !sameText(request.headers[CSRF_HEADER], session.login?.csrfToken)) {
      throw new Refusal('csrf-failed', {
        zh: '请在 X-CSRF-Token 中带上会话的 csrfToken。',
        en: 'Send the csrfToken of the session in X-CSRF-Token.',
      });
    }
    request.session = session;
    // Who must change his password first may still do that, and log out.
    if (permission === 'session') return;
    const duty = openDuty(session, clock());
    if (duty) throw refusedUntil(duty);
    if (session.user.permissions.includes(permission)) {
      // a span that follows from the query is looked at when the query has been checked
      const shown = shownBy(config, request.method);
      if (typeof shown !== 'function') assertShown(session.user, permission, shown);
      return;
    }
    throw new Refusal('forbidden', {
      zh: `此操作需要权限 ${permission}，当前用户的角色没有该权限。`,
      en: `This needs the permission ${permission}, which no role of this user grants.`,
    });
  });
  logRefusals(api, db);
}

/** Who tried what was not his: 403, and 404 on an address that names something, which may be another's. */
function logRefusals(api: Api, db: Db): void {
  api.addHook('onResponse', async (request, reply) => {
    const { session, method, routeOptions } = request;
    if (!session || (reply.statusCode !== 403 && reply.statusCode !== 404)) return;
    if (reply.statusCode === 404 && !routeOptions.url?.includes(':')) return;
    const target = `${method} ${request.url.split('?')[0]}`.slice(0, 500);
    const entry = { actor: session.user.login, action: 'access.refuse', target, address: request.ip };
    // The answer is out; a trail that cannot be written now is the log's business.
    await audit(db, { ...entry, after: { status: reply.statusCode } }).catch((err: unknown) =>
      request.log.error({ err, ...entry }, 'a refused access could not be recorded'),
    );
  });
}

function refusedUntil(duty: 'password-expired' | 'second-factor-missing'): Refusal {
  return duty === 'password-expired'
    ? new Refusal('password-expired', {
        zh: '密码已过期或为临时密码，请先修改（PUT /api/v1/sessions/current/password）。',
        en: 'The password has expired or is temporary; change it first (PUT /api/v1/sessions/current/password).',
      })
    : new Refusal('second-factor-missing', {
        zh: '本系统要求双因素登录，请先绑定（POST /api/v1/sessions/current/second-factor）。',
        en: 'This installation demands a second factor; set one up first (POST /api/v1/sessions/current/second-factor).',
      });
}

/** @throws Refusal `forbidden` when every right of the caller is limited to a span of data that does not cover the answer */
function claimsOf(request: FastifyRequest, { user, scope }: Session, permission: Permission, atMs: number): Claims {
  const data = shownBy(request.routeOptions.config, request.method);
  const shown = permission === 'session' ? 'registry' : typeof data === 'function' ? data(request, atMs) : data;
  assertShown(user, permission, shown);
  const limited = user.windows.some((window) => window.permission === permission);
  const everywhere = user.cityWide.includes(permission);
  return {
    userId: user.id,
    permission,
    atMs,
    ...(shown === undefined ? {} : { data: shown }),
    // what a right for a span of data covers is for the database to find out, by what the answer shows
    ...(limited && !everywhere ? {} : { wholeCity: everywhere, scope: scope ?? undefined }),
  };
}

const isWrite = (method: string): boolean => method !== 'GET' && method !== 'HEAD';

function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer ([A-Za-z0-9_-]{20,200})$/.exec(header ?? '')?.[1];
}

function sameText(given: string | string[] | undefined, wanted: string | undefined): boolean {
  if (typeof given !== 'string' || wanted === undefined) return false;
  const a = Buffer.from(given);
  const b = Buffer.from(wanted);
  return a.length === b.length && timingSafeEqual(a, b);
}
