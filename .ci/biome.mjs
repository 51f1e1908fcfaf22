// Runs Biome's binary for this platform. The meta package @biomejs/biome lists optional platform packages that not every
// npm mirror carries, and `npm ci` then refuses the lockfile: so the platform packages are named in package.json directly.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const name = `@biomejs/cli-${process.platform}-${process.arch}`;

function binary() {
  if (process.env.BIOME_BINARY) return process.env.BIOME_BINARY;
  try {
    return createRequire(import.meta.url).resolve(`${name}/biome${process.platform === 'win32' ? '.exe' : ''}`);
  } catch {
    console.error(`Biome is not among the packages for this platform (${name}).`);
    console.error('Remedy: npm install --global @biomejs/biome@2.6.8, and set BIOME_BINARY to its binary.');
    process.exit(1);
  }
}

process.exit(spawnSync(binary(), process.argv.slice(2), { stdio: 'inherit' }).status ?? 1);
