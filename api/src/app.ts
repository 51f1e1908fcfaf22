import { randomUUID } from 'node:crypto';
import compress from '@fastify/compress';
import type { Db } from '@ganzhi/schemas/db';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { scopedPool } from './auth/claims.ts';
import { installGuard } from './auth/guard.ts';
import type { OidcSettings } from './auth/oidc-settings.ts';
import { answerFrameworkError, installErrorHandler } from './errors/handler.ts';
import { installConsole } from './http/console.ts';
import { installEtag } from './http/etag.ts';
import { installMetrics } from './http/metrics.ts';
import { installOpenApi } from './http/openapi.ts';
import { installOperations } from './http/operations.ts';
import { installSecurity } from './http/security.ts';
import { modules } from './modules/index.ts';

export interface AppOptions {
  /** A pool opened as `ganzhi_api`; the caller closes it. */
  db: Db;
  mode: 'demo' | 'production';
  /** Folder of the built page; without it `/` says how to build one. */
  consoleDir?: string;
  oidc?: OidcSettings | undefined;
  /** Now, epoch milliseconds. */
  clock: () => number;
  logger: Logger;
}

/** The whole HTTP service, not listening. Composes only. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { db, mode, clock, consoleDir, oidc } = options;
  const app = Fastify({
    loggerInstance: options.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 64 * 1024,
    frameworkErrors: answerFrameworkError,
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
    },
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  installErrorHandler(app);
  await installSecurity(app, mode);
  await app.register(compress, { encodings: ['gzip', 'identity'] });
  installMetrics(app, db);
  installOperations(app, db);
  await installOpenApi(app);
  await app.register(
    async (scope) => {
      const api = scope.withTypeProvider<ZodTypeProvider>();
      api.setValidatorCompiler(validatorCompiler);
      api.setSerializerCompiler(serializerCompiler);
      installGuard(api, { db, clock, mode });
      const context = { db: scopedPool(db), clock, mode, oidc };
      installEtag(api);
      for (const module of modules) module.routes(api, context);
    },
    { prefix: '/api/v1' },
  );
  await installConsole(app, consoleDir);
  return app;
}
