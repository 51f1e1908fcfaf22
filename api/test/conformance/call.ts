import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import type { Example, ModuleExamples } from './examples.ts';
import type { Route } from './routes.ts';
import { knownParams, type World } from './world.ts';

type Which = 'ours' | 'theirs';

/** How to call a route about a place: what its module says, else what the address tells. */
export function exampleOf(route: Route, examples: ModuleExamples, world: World, place: Which): Example {
  const own = examples.routes?.[route.operationId]?.(world, place) ?? {};
  return { ...own, params: { ...knownParams(route.url, world[place]), ...own.params } };
}

/** What is still missing to call it, in words; undefined when nothing is. */
export function missing(route: Route, example: Example): string | undefined {
  const params = [...route.url.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
  const absent = params.filter((name) => example.params?.[name] === undefined);
  if (absent.length > 0) return `params ${absent.join(', ')}`;
  if ('body' in route.schema && route.schema.body !== undefined && example.body === undefined) return 'body';
  return undefined;
}

export function call(
  app: FastifyInstance,
  route: Route,
  example: Example,
  headers: Readonly<Record<string, string>>,
): Promise<LightMyRequestResponse> {
  const path = route.url.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(example.params?.[name])));
  const query = Object.fromEntries(Object.entries(example.query ?? {}).map(([name, value]) => [name, String(value)]));
  return app.inject({
    method: route.method,
    url: `/api/v1${path}`,
    query,
    headers: { ...headers, ...example.headers },
    ...(example.body === undefined ? {} : { payload: example.body as object }),
  });
}
