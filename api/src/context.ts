import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Db } from '@ganzhi/schemas/db';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { OidcSettings } from './auth/oidc-settings.ts';

/** What every module needs to answer a request. */
export interface Context {
  db: Db;
  /** Now, epoch milliseconds. */
  clock: () => number;
  /** production sets Secure on cookies. */
  mode: 'demo' | 'production';
  /** The organisation's own log-in; undefined: passwords only. */
  oidc?: OidcSettings | undefined;
}

/** The scope below /api/v1, where zod checks what comes in and what goes out. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** One folder of modules/: adds its routes to the scope. */
export interface ApiModule {
  name: string;
  routes: (api: Api, context: Context) => void;
}
