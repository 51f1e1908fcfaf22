import { createHash } from 'node:crypto';
import type { Api } from '../context.ts';

/**
 * ETag of every JSON answer below the API, and 304 for a poll that has seen it. Weak, because compression may follow. The
 * work of the query is still done; what is saved is the transfer and the client's redrawing.
 */
export function installEtag(api: Api): void {
  api.addHook('onSend', async (request, reply, payload) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return payload;
    if (reply.statusCode !== 200 || typeof payload !== 'string') return payload;
    const own = reply.getHeader('etag');
    // a thing that can be changed names its version, which a change must name in If-Match
    const hash = `W/"${createHash('sha256').update(payload).digest('base64url').slice(0, 27)}"`;
    const etag = typeof own === 'string' ? own : hash;
    reply.header('etag', etag);
    reply.header('cache-control', 'private, no-cache');
    if (!seen(request.headers['if-none-match'], etag)) return payload;
    reply.code(304).removeHeader('content-type').removeHeader('content-length');
    return null;
  });
}

/** Weak comparison (RFC 9110 §8.8.3.2). */
function seen(header: string | undefined, etag: string): boolean {
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, '');
  return (header ?? '').split(',').some((tag) => tag.trim() === '*' || opaque(tag) === opaque(etag));
}
