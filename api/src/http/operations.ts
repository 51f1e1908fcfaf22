import { GanzhiError } from '@ganzhi/schemas';
import { assertMigrated, type Db } from '@ganzhi/schemas/db';
import type { FastifyInstance } from 'fastify';
import { version } from '../version.ts';

const CHECK_LIMIT_MS = 3_000;

interface Check {
  name: string;
  /** Throws what is wrong. */
  run: () => Promise<unknown>;
}

/** `/livez`: the process answers. `/readyz`: it can do its work; 503 lists what fails. `/version`. */
export function installOperations(app: FastifyInstance, db: Db): void {
  const checks: Check[] = [
    { name: 'database', run: () => db.query('select 1') },
    { name: 'migrations', run: () => assertMigrated(db) },
  ];
  app.get('/livez', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const failures = (await Promise.all(checks.map(failureOf))).filter((failure) => failure !== undefined);
    if (failures.length === 0) return { status: 'ok', failing: [] };
    return reply.code(503).header('retry-after', 5).send({ status: 'unavailable', failing: failures });
  });
  app.get('/version', async () => ({ name: 'ganzhi-api', version, node: process.version }));
}

async function failureOf({ name, run }: Check): Promise<{ check: string; detail: string } | undefined> {
  const limit = new AbortController();
  try {
    await Promise.race([run(), expiry(limit.signal)]);
    return undefined;
  } catch (error) {
    // A driver's message may carry an address; ours are written to be shown.
    return { check: name, detail: error instanceof GanzhiError ? error.message : 'no answer' };
  } finally {
    limit.abort();
  }
}

function expiry(signal: AbortSignal): Promise<never> {
  return new Promise((_, fail) => {
    const timer = setTimeout(() => fail(new Error('no answer in time')), CHECK_LIMIT_MS);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}
