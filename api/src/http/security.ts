import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';

/** Generous: it stops a runaway script, not a room full of people behind one address. */
const REQUESTS_PER_MINUTE = 6_000;

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
  await app.register(rateLimit, { max: REQUESTS_PER_MINUTE, timeWindow: '1 minute' });
}
