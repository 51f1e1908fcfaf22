import type { FastifyInstance } from 'fastify';

/** Lets a module's routes take files as they are: no form around them, nothing to parse. The body is a Buffer then. */
export function takeOctets(api: Pick<FastifyInstance, 'hasContentTypeParser' | 'addContentTypeParser'>): void {
  if (api.hasContentTypeParser('application/octet-stream')) return;
  api.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
}
