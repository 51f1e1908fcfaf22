import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GanzhiError } from '@ganzhi/schemas';
import type { Registry } from 'prom-client';

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly registry: Registry;
  /** Refreshes gauges that are read from the database; may fail. */
  readonly refresh: () => Promise<void>;
  /** Names of the checks that fail now; empty when ready. */
  readonly failingChecks: () => Promise<readonly string[]>;
}

export interface HttpServer {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * `/livez`, `/readyz` and `/metrics`.
 *
 * @throws GanzhiError `port-taken` or `no-permission`
 */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const server = createServer((request, response) => {
    answer(options, request.method ?? 'GET', request.url ?? '/', response).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  await listen(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(options: HttpOptions, method: string, url: string, response: ServerResponse): Promise<void> {
  const send = (status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (method !== 'GET' && method !== 'HEAD') return void send(405, { status: 'method not allowed' });
  const path = url.split('?')[0];
  if (path === '/livez') return void send(200, { status: 'ok' });
  if (path === '/readyz') {
    const failing = await options.failingChecks();
    return void send(failing.length === 0 ? 200 : 503, { status: failing.length === 0 ? 'ok' : 'failing', failing });
  }
  if (path === '/metrics') {
    // an unreachable database must not hide the other metrics
    await options.refresh().catch(() => undefined);
    const text = await options.registry.metrics();
    return void response.writeHead(200, { 'content-type': options.registry.contentType }).end(text);
  }
  send(404, { status: 'not found' });
}

function listen(server: Server, { host, port }: HttpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const at = `${host}:${port}`;
      if (cause.code === 'EADDRINUSE') {
        const remedy = 'Stop the other program or set GANZHI_ANALYTICS_HTTP_PORT.';
        reject(new GanzhiError('port-taken', `Port ${at} is taken. ${remedy}`, { cause }));
      } else if (cause.code === 'EACCES') {
        const remedy = 'Set GANZHI_ANALYTICS_HTTP_PORT above 1023.';
        reject(new GanzhiError('no-permission', `Port ${at} may not be opened. ${remedy}`, { cause }));
      } else reject(cause);
    });
    server.listen(port, host, () => resolve());
  });
}
