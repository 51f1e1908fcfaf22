import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { migrate, openDatabase, startEmbedded } from '@ganzhi/schemas/db';
import { registerCity } from './city.ts';
import type { Bed } from './run.ts';

/** An embedded database in a temporary folder, fsync on, with a registered city; gone afterwards, whatever happens. */
export async function withBed<T>(
  options: { gateways: number; profiles: string | undefined },
  work: (bed: Bed & { adminUrl: string }) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-bench-'));
  chmodSync(folder, 0o755);
  try {
    const database = await startEmbedded({ dataDir: folder });
    try {
      await migrate(database.adminUrl);
      const owner = await openDatabase({ url: database.adminUrl, role: 'ganzhi_owner' });
      try {
        await registerCity(owner, options.gateways);
        return await work({
          url: database.urlFor('ganzhi_ingest'),
          adminUrl: database.adminUrl,
          owner,
          databasePid: database.pid,
          profiles: options.profiles,
        });
      } finally {
        await owner.end();
      }
    } finally {
      await database.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const machine = () => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryGib: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  database: 'embedded PostgreSQL, fsync on',
});
