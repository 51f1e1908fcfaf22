import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** The folder of the console's sources: index.html, public, src. */
export const consoleDir = (): string => fileURLToPath(new URL('.', import.meta.url));

export interface BuildOptions {
  /** Folder that receives the bundle; emptied first. Default: dist beside this file, ignored by git. */
  outDir?: string;
}

/**
 * Bundles the console into static files that any web server can hand out under a strict Content-Security-Policy
 * (`default-src 'self'`): no inline script or style, no data URL, nothing from another host.
 *
 * @returns the absolute folder that holds index.html
 * @throws when a source does not compile, or the folder cannot be written
 */
export async function buildConsole(options: BuildOptions = {}): Promise<string> {
  const outDir = options.outDir ?? join(consoleDir(), 'dist');
  await build({
    root: consoleDir(),
    configFile: false,
    // Relative, so that the page also works below a path of a reverse proxy.
    base: './',
    logLevel: 'warn',
    envDir: false,
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      // A data URL would need an exception in the policy.
      assetsInlineLimit: 0,
      modulePreload: false,
      reportCompressedSize: false,
    },
  });
  return outDir;
}

// `node dashboards/console/build.ts`
if (import.meta.main) process.stdout.write(`${await buildConsole()}\n`);
