import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, openDatabase, startEmbedded } from '@ganzhi/schemas/db';
import pino from 'pino';
import { openSession } from '../src/auth/session.ts';
import { startApi } from '../src/server.ts';

export interface FilledApi {
  url: string;
  /** Of the first user. */
  token: string;
  /** @throws Error when the fill has no such user */
  tokenOf: (login: string) => Promise<string>;
}

/** The service on a filled database of its own (`fill`, a file of this folder); gone afterwards, whatever happens. */
export async function withFilledApi(work: (api: FilledApi) => Promise<void>, fill = 'city.sql'): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-bench-'));
  chmodSync(folder, 0o755);
  const database = await startEmbedded({ dataDir: folder });
  try {
    await migrate(database.adminUrl);
    const owner = await openDatabase({ url: database.adminUrl, role: 'ganzhi_owner', max: 1 });
    await owner.query(readFileSync(new URL(fill, import.meta.url), 'utf8'));
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
      const tokenOf = async (login: string): Promise<string> => {
        const { rows } = await owner.query<{ id: number }>('select id from platform.app_user where login = $1', [
          login,
        ]);
        const [user] = rows;
        if (!user) throw new Error(`${fill} has no user ${login}`);
        return (await openSession(owner, user.id, Date.now())).token;
      };
      await work({ url: service.url, token, tokenOf });
    } finally {
      await owner.end();
      await service.stop();
    }
  } finally {
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
