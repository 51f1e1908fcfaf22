import { createServer } from 'node:http';
import { listen } from './listen.ts';

/** A named check of readiness: resolves when all is well, rejects with the reason. */
export type Check = { name: string; run: () => Promise<void> };

export interface AdminOptions {
  host: string;
  port: number;
  checks: readonly Check[];
  metrics: () => Promise<string>;
}

export interface AdminServer {
  port: number;
  stop(): Promise<void>;
}

const CHECK_DEADLINE_MS = 3_000;

/** Health and metrics on a port of their own: `/livez`, `/readyz` (503 names the failing checks), `/metrics`. */
export async function startAdmin(options: AdminOptions): Promise<AdminServer> {
  const server = createServer((request, response) => {
    void answer(request.url ?? '/', options)
      .catch((): Answer => ({ status: 500, type: 'application/json', body: '{"status":"error"}' }))
      .then(({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body));
  });
  return {
    port: await listen(server, { host: options.host, port: options.port }),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

interface Answer {
  status: number;
  type: string;
  body: string;
}

async function answer(url: string, { checks, metrics }: AdminOptions): Promise<Answer> {
  const json = (status: number, body: unknown): Answer => ({
    status,
    type: 'application/json',
    body: JSON.stringify(body),
  });
  switch (url.split('?')[0]) {
    case '/livez':
      return json(200, { status: 'ok' });
    case '/readyz': {
      const failing = (await Promise.all(checks.map(verdict))).filter((check) => check !== undefined);
      return failing.length === 0 ? json(200, { status: 'ok' }) : json(503, { status: 'failing', failing });
    }
    case '/metrics':
      return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: await metrics() };
    default:
      return json(404, { status: 'not-found' });
  }
}

async function verdict({ name, run }: Check): Promise<{ name: string; reason: string } | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), CHECK_DEADLINE_MS);
  });
  try {
    await Promise.race([run(), deadline]);
    return undefined;
  } catch (error) {
    return { name, reason: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
