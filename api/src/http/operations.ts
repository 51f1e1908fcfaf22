import { assertMigrated, type Db } from '@ganzhi/schemas/db';
import { type Check, failuresOf } from '@ganzhi/schemas/health';
import type { FastifyInstance } from 'fastify';
import { version } from '../version.ts';

/** `/livez`: the process answers. `/readyz`: it can do its work; 503 lists what fails. `/version`. */
export function installOperations(app: FastifyInstance, db: Db): void {
  const checks: Check[] = [
    { name: 'database', run: () => db.query('select 1') },
    { name: 'migrations', run: () => assertMigrated(db) },
  ];
  app.get('/livez', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const failures = await failuresOf(checks);
    if (failures.length === 0) return { status: 'ok', failing: [] };
    return reply.code(503).header('retry-after', 5).send({ status: 'unavailable', failing: failures });
  });
  app.get('/version', async () => ({ name: 'ganzhi-api', version, node: process.version }));
}
