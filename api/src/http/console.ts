import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

const HOW_TO_BUILD = `网页尚未构建。"npm start" 会自动构建，或运行：node dashboards/console/build.ts
The page is not built yet. "npm start" builds it, or run: node dashboards/console/build.ts

接口 API: /docs    状态 health: /readyz
`;

/**
 * The built-in page at `/`. Files below assets/ carry a hash in their name and never change; everything else is asked for
 * again each time.
 */
export async function installConsole(app: FastifyInstance, consoleDir: string | undefined): Promise<void> {
  if (consoleDir === undefined || !existsSync(join(consoleDir, 'index.html'))) {
    app.get('/', async (_request, reply) => reply.type('text/plain; charset=utf-8').send(HOW_TO_BUILD));
    return;
  }
  await app.register(fastifyStatic, {
    root: consoleDir,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const hashed = path.startsWith(join(consoleDir, 'assets'));
      reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}
