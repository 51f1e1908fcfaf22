import { createServer } from 'node:http';
import { type Check, failuresOf } from './checks.ts';
import { listen } from './listen.ts';

export interface HealthOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Setting that names the port, for the remedy when it is taken. */
  readonly setting?: string;
  /** Asked anew at every look: what there is to check may change while the process runs. */
  readonly checks: () => readonly Check[];
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  /** More JSON pages, path to body. */
  readonly pages?: Readonly<Record<string, () => unknown>>;
}

export interface HealthServer {
  readonly port: number;
  stop(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * Health and metrics of a process without an API: `/livez`, `/readyz` (503 lists what fails), `/metrics`. GET and HEAD only.
 *
 * @throws GanzhiError `port-taken` or `no-permission`
 */
export async function serveHealth(options: HealthOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    answer(options, request.method ?? 'GET', (request.url ?? '/').split('?')[0] ?? '/')
      .catch(() => json(500, { code: 'internal' }))
      .then(({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body))
      .catch(() => response.destroy());
  });
  const port = await listen(server, options);
  return {
    port,
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function answer({ checks, metrics, pages = {} }: HealthOptions, method: string, path: string): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return json(405, { code: 'method-not-allowed' });
  if (path === '/livez') return json(200, { status: 'ok' });
  if (path === '/readyz') {
    const failing = await failuresOf(checks());
    return failing.length === 0 ? json(200, { status: 'ok', failing }) : json(503, { status: 'unavailable', failing });
  }
  if (path === '/metrics')
    return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: await metrics() };
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  return page ? json(200, page()) : json(404, { code: 'not-found' });
}

const json = (status: number, body: unknown): Answer => ({
  status,
  type: 'application/json',
  body: JSON.stringify(body),
});
