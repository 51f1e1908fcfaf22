import { readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

/** What runs: the labels of `ganzhi_build_info`. An image is built with its commit in GANZHI_COMMIT; a checkout is not asked. */
export const BUILD = { version: manifest.version, commit: process.env.GANZHI_COMMIT ?? 'unknown' } as const;
