import { timingSafeEqual } from 'node:crypto';
import { MINUTE } from '@ganzhi/schemas';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { SESSION_COOKIE } from '../../auth/guard.ts';
import { findSession, SESSION_MS } from '../../auth/session.ts';
import type { ApiModule } from '../../context.ts';
import { notFound, Refusal } from '../../errors/refuse.ts';
import { audit } from '../../lib/audit.ts';
import { NoQuery, problems } from '../../lib/shapes.ts';
import { currentSession } from '../sessions/answer.ts';
import { OpenedSession } from '../sessions/schema.ts';
import { arrive, completed } from './arrive.ts';
import { identityRoutes, notConfigured } from './identity-routes.ts';
import { type Journey, Provider, type Vouched } from './provider.ts';
import { CallbackQuery, LogInMethods, SecondStep } from './schema.ts';
import { rememberJourney, takeJourney } from './sql.ts';

const tags = ['sessions'];
/** Binds the journey, and then the pending second step, to the browser that began it. */
const JOURNEY_COOKIE = 'ganzhi_oidc';
const JOURNEY_MS = 10 * MINUTE;
/** As for passwords. */
const config = { auth: 'public', rateLimit: { max: 20, timeWindow: '1 minute' } } as const;

export const oidc: ApiModule = {
  name: 'oidc',
  routes: (api, context) => {
    const { db, clock, mode, oidc: settings } = context;
    const cookie = { path: '/', httpOnly: true, sameSite: 'lax', secure: mode === 'production' } as const;
    const provider = settings && { settings, at: new Provider(settings, clock) };
    const configured = () => {
      if (!provider) throw notConfigured();
      return provider;
    };
    const fromOf = (request: FastifyRequest) => ({
      address: request.ip,
      agent: request.headers['user-agent'],
      now: clock(),
    });

    api.route({
      method: 'GET',
      url: '/log-in-methods',
      config: { auth: 'public' },
      schema: {
        tags,
        operationId: 'getLogInMethods',
        summary: 'How people log in here · 登录方式',
        security: [],
        querystring: NoQuery,
        response: { 200: LogInMethods, ...problems(400, 401) },
      },
      handler: async () => ({
        password: true as const,
        oidc: settings ? { start: 'api/v1/oidc/start', logout: 'api/v1/oidc/logout' } : null,
      }),
    });

    api.route({
      method: 'GET',
      url: '/oidc/start',
      config,
      schema: {
        tags,
        operationId: 'startOidcLogIn',
        summary: 'To the log-in of the organisation; for browsers · 转到统一身份认证',
        security: [],
        querystring: NoQuery,
        response: { 302: z.null(), ...problems(400, 401, 404) },
      },
      handler: async (_, reply) => {
        const { url, journey } = await configured().at.departure();
        const now = clock();
        await rememberJourney(db, journey, now, now + JOURNEY_MS);
        reply.setCookie(JOURNEY_COOKIE, journey.state, { ...cookie, maxAge: JOURNEY_MS / 1_000 });
        return reply.header('cache-control', 'no-store').redirect(url.href);
      },
    });

    api.route({
      method: 'GET',
      url: '/oidc/callback',
      config,
      schema: {
        tags,
        operationId: 'endOidcLogIn',
        summary: 'Back from the log-in of the organisation; for browsers · 统一身份认证返回',
        security: [],
        querystring: CallbackQuery,
        response: { 302: z.null(), ...problems(400, 401, 404) },
      },
      handler: async (request, reply) => {
        const { settings, at } = configured();
        const back = (hash: string) =>
          reply.header('cache-control', 'no-store').redirect(`${settings.publicUrl}/#/${hash}`);
        const from = fromOf(request);
        const { state } = request.query;
        reply.clearCookie(JOURNEY_COOKIE, cookie);
        const journey =
          state !== undefined && sameText(request.cookies[JOURNEY_COOKIE], state)
            ? await takeJourney(db, state, from.now)
            : undefined;
        if (!journey) return back('login?problem=timed-out');
        const vouched = await vouchedFor(request, at, journey);
        if (!vouched) {
          await audit(db, { actor: 'unknown', action: 'session.refuse', target: 'oidc', address: from.address });
          return back('login?problem=failed');
        }
        const arrival = await arrive(db, vouched, settings.createUsers, from);
        if (arrival.kind === 'refused') return back(`login?problem=${arrival.problem}`);
        if (arrival.kind === 'code') {
          reply.setCookie(JOURNEY_COOKIE, arrival.pending, { ...cookie, maxAge: JOURNEY_MS / 1_000 });
          return back('login?step=code');
        }
        reply.setCookie(SESSION_COOKIE, arrival.token, { ...cookie, maxAge: SESSION_MS / 1_000 });
        return back('city');
      },
    });

    api.route({
      method: 'POST',
      url: '/oidc/code',
      config,
      schema: {
        tags,
        operationId: 'completeOidcLogIn',
        summary: 'Code of the second factor after the log-in of the organisation · 统一身份认证后的动态码',
        security: [],
        querystring: NoQuery,
        body: SecondStep,
        response: { 201: OpenedSession, ...problems(400, 401, 404) },
      },
      handler: async (request, reply) => {
        configured();
        const from = fromOf(request);
        const token = await completed(db, request.cookies[JOURNEY_COOKIE] ?? '', request.body.code, from);
        const session = await findSession(db, token, from.now);
        if (!session) throw notFound();
        reply.clearCookie(JOURNEY_COOKIE, cookie);
        reply.setCookie(SESSION_COOKIE, token, { ...cookie, maxAge: SESSION_MS / 1_000 });
        return reply.code(201).send({ ...currentSession(session, from.now), token });
      },
    });

    api.route({
      method: 'GET',
      url: '/oidc/logout',
      config,
      schema: {
        tags,
        operationId: 'leaveOidc',
        summary:
          'Ends the log-in at the organisation too, after DELETE /sessions/current; for browsers · 退出统一身份认证',
        security: [],
        querystring: NoQuery,
        response: { 302: z.null(), ...problems(400, 401, 404) },
      },
      handler: async (_, reply) => reply.header('cache-control', 'no-store').redirect(await configured().at.exit()),
    });

    identityRoutes(api, context, provider?.at);
  },
};

/** Undefined when anything of the journey does not fit; the log says what. */
async function vouchedFor(request: FastifyRequest, provider: Provider, journey: Journey): Promise<Vouched | undefined> {
  const search = request.url.split('?').slice(1).join('?');
  return provider.arrival(search, journey).catch((err: unknown) => {
    if (err instanceof Refusal) throw err;
    // neither code nor tokens: the library's messages name what was wrong
    const { name, message, code } = err as Error & { code?: string };
    request.log.warn({ name, code, reason: message }, 'a log-in at the provider was refused');
    return undefined;
  });
}

function sameText(given: string | undefined, wanted: string): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
