import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbedded } from '../db/embedded.ts';
import { migrate } from '../db/migrate.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    testClusterUrl: string;
  }
}

/** One embedded cluster for the whole test run; its database is the migrated template that every test clones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-test-'));
  chmodSync(folder, 0o755);
  const database = await startEmbedded({ dataDir: folder, volatile: true });
  const teardown = async () => {
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await migrate(database.adminUrl);
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide('testClusterUrl', database.adminUrl);
  return teardown;
}
