import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, openDatabase, startEmbedded } from '@ganzhi/schemas/db';
import pino from 'pino';
import { openSession } from '../src/auth/session.ts';
import { startApi } from '../src/server.ts';

/** The service on a filled database of its own (city.sql) and the token of a user; gone afterwards, whatever happens. */
export async function withFilledApi(work: (api: { url: string; token: string }) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-bench-'));
  chmodSync(folder, 0o755);
  const database = await startEmbedded({ dataDir: folder });
  try {
    await migrate(database.adminUrl);
    const owner = await openDatabase({ url: database.adminUrl, role: 'ganzhi_owner', max: 1 });
    await owner.query(readFileSync(new URL('./city.sql', import.meta.url), 'utf8'));
    await owner.query('analyze');
    const service = await startApi({
      databaseUrl: database.urlFor('ganzhi_api'),
      host: '127.0.0.1',
      port: 0,
      mode: 'demo',
      logger: pino({ level: 'warn' }, pino.destination(2)),
    });
    try {
      const { token } = await openSession(owner, 1, Date.now());
      await owner.end();
      await work({ url: service.url, token });
    } finally {
      await service.stop();
    }
  } finally {
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
