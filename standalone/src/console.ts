import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GanzhiError } from '@ganzhi/schemas';

const SOURCES = fileURLToPath(new URL('../../dashboards/console', import.meta.url));
const BUILD = fileURLToPath(new URL('./console-build.ts', import.meta.url));

/** Folder of the built page. */
export const consoleBundle = (): string => join(SOURCES, 'dist');

/**
 * Builds the page when its bundle is missing or older than its sources, in a process of its own: the bundler's memory is
 * given back before the services start.
 *
 * @throws GanzhiError `internal` with the bundler's last words
 */
export function ensureConsole(say: (line: string) => void): void {
  const index = join(consoleBundle(), 'index.html');
  if (existsSync(index) && statSync(index).mtimeMs >= newest(SOURCES)) return;
  say('Building the page (first start or changed sources) ...');
  const run = spawnSync(process.execPath, [BUILD], { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  if (run.status !== 0)
    throw new GanzhiError('internal', `The page cannot be built:\n${run.stderr.trim().slice(-2_000)}`);
}

/** Latest change of any source below a folder, epoch milliseconds; the bundle itself left out. */
function newest(folder: string): number {
  return Math.max(
    ...readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.name !== 'dist' && entry.name !== 'node_modules')
      .map((entry) => {
        const path = join(folder, entry.name);
        return entry.isDirectory() ? newest(path) : statSync(path).mtimeMs;
      }),
  );
}
