import { GanzhiError } from '@ganzhi/schemas';
import { assertMigrated, openDatabase } from '@ganzhi/schemas/db';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { buildApp } from './app.ts';
import { startSealing } from './audit/seal.ts';
import { type Credentials, ensureAdministrator } from './auth/administrator.ts';
import { scopedPool } from './auth/claims.ts';
import type { OidcSettings } from './auth/oidc-settings.ts';
import type { MailOptions } from './engines/notification/senders.ts';
import { startRounds } from './engines/rounds.ts';
import { tellAlarms } from './modules/alarms/tell-alarms.ts';
import { tellDifferences } from './modules/ledger-evidence/tell-differences.ts';
import { type FeedOptions, startTemperatureFeed } from './modules/temperatures/feed.ts';

export interface ApiOptions {
  databaseUrl: string;
  host: string;
  /** 0: any free port. */
  port: number;
  mode: 'demo' | 'production';
  consoleDir?: string;
  clock?: () => number;
  /** Where mail to users leaves; unset: it waits. */
  mail?: MailOptions;
  oidc?: OidcSettings | undefined;
  /** Hosts that users' webhooks may name. */
  webhookHosts?: readonly string[];
  /** Weather service that the outdoor temperature is pulled from; unset: none. */
  temperatureFeed?: FeedOptions;
  logger: Logger;
}

export interface ApiService {
  url: string;
  port: number;
  /** On the very first start only: show it to the operator, it is kept nowhere. */
  initialAdministrator?: Credentials;
  stop(): Promise<void>;
}

const POOL = 8;

/**
 * Opens the database, creates the first administrator, listens.
 *
 * @throws GanzhiError `database-unreachable`, `database-behind` or `port-taken`, with nothing left open
 */
export async function startApi(options: ApiOptions): Promise<ApiService> {
  const { databaseUrl, host, port, logger, clock = Date.now, mode, consoleDir, oidc } = options;
  let stopping = false;
  const db = await openDatabase({
    url: databaseUrl,
    role: 'ganzhi_api',
    max: POOL,
    name: 'api',
    // What a request forgets to claim for somebody sees nothing.
    claims: 'none',
    // The driver hangs its whole client on the error: only what helps is logged.
    onError: (error) => {
      if (!stopping) logger.warn({ reason: error.message }, 'an idle database connection broke');
    },
  });
  try {
    await assertMigrated(db);
    const app = await buildApp({ db, mode, clock, logger, oidc, ...(consoleDir === undefined ? {} : { consoleDir }) });
    const taken = await listen(app, host, port);
    // Only now: a start that fails on its port must not swallow the password that is shown once.
    const initialAdministrator = await ensureAdministrator(db).catch(async (error: unknown) => {
      await app.close();
      throw error;
    });
    const sealing = startSealing(db, logger);
    const { mail, webhookHosts = [], temperatureFeed } = options;
    const rounds = startRounds({
      ...{ db: scopedPool(db), clock, logger, webhookHosts, tasks: [tellDifferences, tellAlarms] },
      ...(mail ? { mail } : {}),
    });
    const feed = temperatureFeed && startTemperatureFeed(scopedPool(db), temperatureFeed, { clock, logger });
    logger.info({ host, port: taken }, 'api listens');
    return {
      url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
      port: taken,
      ...(initialAdministrator ? { initialAdministrator } : {}),
      stop: async () => {
        stopping = true;
        // Answers what is under way, then closes; the pool last.
        await app.close();
        await feed?.stop();
        await rounds.stop();
        await sealing.stop();
        await db.end();
      },
    };
  } catch (error) {
    await db.end();
    throw error;
  }
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    if ((cause as { code?: string }).code !== 'EADDRINUSE') throw cause;
    throw new GanzhiError('port-taken', `Port ${port} on ${host} is taken. Set PORT to another one.`, { cause });
  }
  const address = app.server.address();
  return typeof address === 'object' && address ? address.port : port;
}
