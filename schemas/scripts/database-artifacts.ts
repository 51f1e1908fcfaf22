import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbedded } from '../src/db/embedded.ts';
import { migrate } from '../src/db/migrate.ts';
import type { Artifact } from './artifacts.ts';
import { databaseTypes } from './database-types.ts';
import { dumpSchema } from './dump.ts';

/**
 * The schema dump and the database types, made on a fresh embedded cluster that is gone afterwards, whatever happens.
 *
 * @param schemas folder of the workspace `schemas`
 */
export async function databaseArtifacts(schemas: string): Promise<Artifact[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'ganzhi-generate-'));
  try {
    // The database's user is another one when we are root, and must be able to pass.
    chmodSync(scratch, 0o755);
    const database = await startEmbedded({ dataDir: scratch, volatile: true });
    try {
      await migrate(database.adminUrl);
      return [
        { path: join(schemas, 'sql/schema.sql'), text: await dumpOf(database.adminUrl) },
        {
          path: join(schemas, 'src/db/generated.ts'),
          text: databaseTypes(database.adminUrl, join(scratch, 'types.ts')),
        },
      ];
    } finally {
      await database.stop();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function dumpOf(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await dumpSchema(client);
  } finally {
    await client.end();
  }
}
