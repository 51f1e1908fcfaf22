import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Refusal } from '../errors/refuse.ts';

/** Generous: it stops a runaway script. Counted by user; a whole office behind one address is many of them. */
const REQUESTS_PER_MINUTE = 6_000;
/** Of one address, whatever tokens it names: twice what the service is built for, as all may come through one proxy. */
const REQUESTS_PER_MINUTE_OF_ADDRESS = 60_000;

/**
 * Headers, cookies and limits of every answer. The page needs nothing but its own files: no inline script, no foreign host.
 * Inline style attributes are not allowed either; drawing code sets styles through the CSSOM, which CSP does not touch.
 */
export async function installSecurity(app: FastifyInstance, mode: 'demo' | 'production'): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        styleSrc: ["'self'"],
        scriptSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // Without TLS in front (demo on loopback) the header would be noise.
    hsts: mode === 'production',
    crossOriginEmbedderPolicy: false,
    referrerPolicy: { policy: 'same-origin' },
  });
  await app.register(cookie);
  await app.register(rateLimit, { max: REQUESTS_PER_MINUTE, timeWindow: '1 minute', keyGenerator: callerOf });
  const addressLimit = app.createRateLimit({
    max: REQUESTS_PER_MINUTE_OF_ADDRESS,
    timeWindow: '1 minute',
    keyGenerator: ({ ip }) => `address ${ip}`,
  });
  app.addHook('onRequest', async (request) => {
    const limit = await addressLimit(request);
    if (limit.isAllowed || !limit.isExceeded) return;
    throw new Refusal(
      'too-many-requests',
      { zh: '该地址请求过于频繁，请稍后再试。', en: 'This address sends too many requests; try again later.' },
      { retryAfterS: limit.ttlInSeconds },
    );
  });
}

/** Whose requests are counted together: limits stand at routes, so the guard has found out who it is. */
const callerOf = ({ session, ip }: FastifyRequest): string => (session ? `user ${session.user.id}` : ip);
