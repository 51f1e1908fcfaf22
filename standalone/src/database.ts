import { GanzhiError } from '@ganzhi/schemas';
import { locateEmbedded, type ServiceRole } from '@ganzhi/schemas/db';

/** Addresses of the database that commands work on. */
export interface DatabaseAddresses {
  adminUrl: string;
  urlFor(role: ServiceRole): string;
}

/**
 * DATABASE_URL for every role (each service then acts as its own), or the embedded database that `ganzhi start` keeps
 * running on this data directory.
 *
 * @throws GanzhiError `database-unreachable` when there is neither
 */
export function findDatabase(config: { DATABASE_URL: string | undefined; GANZHI_DATA_DIR: string }): DatabaseAddresses {
  const { DATABASE_URL: url, GANZHI_DATA_DIR: dataDir } = config;
  if (url) return { adminUrl: url, urlFor: () => url };
  const embedded = locateEmbedded(dataDir);
  if (embedded) return embedded;
  throw new GanzhiError(
    'database-unreachable',
    `DATABASE_URL is not set and no embedded database runs on ${dataDir}. Set DATABASE_URL, or run "ganzhi start" first.`,
  );
}
