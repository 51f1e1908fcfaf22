import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GanzhiError } from '@ganzhi/schemas';

/**
 * One `ganzhi start` per data directory: a file with the pid of the running one.
 *
 * @returns the function that gives the lock back
 * @throws GanzhiError `conflict` when another one runs, `no-permission` when the folder cannot be written
 */
export function takeLock(dataDir: string): () => void {
  const file = join(dataDir, 'ganzhi.pid');
  try {
    mkdirSync(dataDir, { recursive: true });
    const owner = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
    if (owner > 0 && owner !== process.pid && isGanzhi(owner)) {
      throw new GanzhiError(
        'conflict',
        `ganzhi already runs on ${dataDir} (pid ${owner}). Stop it first, or set GANZHI_DATA_DIR to another folder.`,
      );
    }
    writeFileSync(file, String(process.pid));
  } catch (cause) {
    if (cause instanceof GanzhiError) throw cause;
    throw new GanzhiError(
      'no-permission',
      `The data folder ${dataDir} cannot be written (${(cause as { code?: string }).code}). Set GANZHI_DATA_DIR to one that can.`,
      { cause },
    );
  }
  return () => rmSync(file, { force: true });
}

/** True when the pid is alive and is one of us: after a power cut it may belong to any program. */
function isGanzhi(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as { code?: string }).code !== 'EPERM') return false;
  }
  const commandLine = `/proc/${pid}/cmdline`;
  return existsSync(commandLine) ? readFileSync(commandLine, 'utf8').includes('ganzhi') : true;
}
