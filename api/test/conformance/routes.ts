import type { Db } from '@ganzhi/schemas/db';
import Fastify, { type RouteOptions } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { permissionOf } from '../../src/auth/guard.ts';
import type { Permission } from '../../src/auth/permissions.ts';
import { modules } from '../../src/modules/index.ts';

/** A route as its module declares it. */
export interface Route {
  module: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below /api/v1, with `:id`. */
  url: string;
  operationId: string;
  auth: string;
  permission: Permission | undefined;
  /** Whether it says what its answers show of readings and consumption (config.data). */
  saysData: boolean;
  schema: NonNullable<RouteOptions['schema']>;
}

/** Every route of every listed module, found by declaring them all on a bare server. */
export function declaredRoutes(db: Db): Route[] {
  const routes: Route[] = [];
  const context = { db, clock: () => 0, mode: 'demo' } as const;
  for (const module of modules) {
    const probe = Fastify({ exposeHeadRoutes: false });
    probe.addHook('onRoute', ({ method, url, schema = {}, config = {} }) => {
      routes.push({
        module: module.name,
        method: String(method) as Route['method'],
        url,
        operationId: String(schema.operationId),
        auth: config.auth ?? '',
        permission: permissionOf(config, String(method)),
        saysData: config.data !== undefined,
        schema,
      });
    });
    module.routes(probe.withTypeProvider<ZodTypeProvider>(), context);
  }
  return routes;
}

/** Fields of a zod object; none for anything else. */
export const shapeOf = (schema: unknown): Record<string, unknown> =>
  (schema as { shape?: Record<string, unknown> } | undefined)?.shape ?? {};
