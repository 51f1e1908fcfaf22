import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GanzhiError } from '@ganzhi/schemas';
import type { Registry } from 'prom-client';

export interface HealthOptions {
  host: string;
  /** 0 picks a free one. */
  port: number;
  registry: Registry;
  /** Names of failing checks; empty means ready. */
  failing: () => string[];
  /** More JSON pages, path to body. */
  pages?: Record<string, () => unknown>;
}

export interface HealthServer {
  port: number;
  stop(): Promise<void>;
}

/**
 * `/livez`, `/readyz`, `/metrics` for a process without an API.
 *
 * @throws GanzhiError `port-taken`
 */
export async function serveHealth({ host, port, registry, failing, pages = {} }: HealthOptions): Promise<HealthServer> {
  const json = (status: number, body: unknown) => ({ status, type: 'application/json', body: JSON.stringify(body) });
  const answer = async (path: string) => {
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    if (page) return json(200, page());
    if (path === '/livez') return json(200, { status: 'ok' });
    if (path === '/readyz') {
      const names = failing();
      return json(names.length > 0 ? 503 : 200, { status: names.length > 0 ? 'failing' : 'ok', failing: names });
    }
    if (path === '/metrics') return { status: 200, type: registry.contentType, body: await registry.metrics() };
    return json(404, { code: 'not-found' });
  };
  const server = createServer((request, response) => {
    answer(new URL(request.url ?? '/', 'http://localhost').pathname)
      .catch(() => json(500, { code: 'internal' }))
      .then(({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body))
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE';
      reject(
        taken ? new GanzhiError('port-taken', `Port ${port} on ${host} is taken; choose another`, { cause }) : cause,
      );
    });
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
