import type { FastifyInstance } from 'fastify';

/** The OpenAPI document as it is committed: two spaces, one newline at the end. */
export async function openApiText(app: FastifyInstance): Promise<string> {
  await app.ready();
  return `${JSON.stringify(app.swagger(), null, 2)}\n`;
}
