// First step of `npm start` and `npm test`, on whatever Node the machine has: plain JavaScript, no dependency. Part of the
// scripts themselves and not a `pre` script, because npm leaves those out with --ignore-scripts.
// Installs from the lockfile when node_modules is missing or older than the lockfile, and says so.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const lockFile = join(root, 'package-lock.json');
const lock = readFileSync(lockFile, 'utf8');
const stamp = join(root, 'node_modules', '.ganzhi-lock');
/** Written by npm itself at the end of every install: a newcomer's own `npm ci` counts too. */
const npmStamp = join(root, 'node_modules', '.package-lock.json');

const installed =
  (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) ||
  (existsSync(npmStamp) && statSync(npmStamp).mtimeMs > statSync(lockFile).mtimeMs);

if (!installed) {
  console.error('ganzhi: installing packages from package-lock.json (first start or changed lockfile) ...');
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error', ...process.argv.slice(2)];
  const npm = process.env.npm_execpath
    ? spawnSync(process.execPath, [process.env.npm_execpath, ...args], { cwd: root, stdio: 'inherit' })
    : spawnSync('npm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (npm.status !== 0) {
    console.error('ganzhi: "npm ci" failed. Check the network or the npm proxy settings, then run the command again.');
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}
