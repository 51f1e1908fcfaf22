import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { envExample } from '../src/config.ts';
import { type Artifact, runGenerator, staleArtifacts, writeArtifacts } from './artifacts.ts';
import { databaseArtifacts } from './database-artifacts.ts';

/**
 * Everything committed that is made from something else. `npm run generate` writes it; with `--check` it is compared and
 * the exit code is 1 when a file is stale.
 */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Generators that live with their workspace; each understands `--check`. */
const OTHER_GENERATORS = [
  'gateway-firmware-sim/scripts/template-catalogue.ts',
  'dashboards/grafana/generate.ts',
  'api/scripts/openapi.ts',
];

const { check } = parseArgs({ options: { check: { type: 'boolean', default: false } } }).values;

const artifacts: Artifact[] = [
  { path: join(ROOT, '.env.example'), text: envExample() },
  ...(await databaseArtifacts(join(ROOT, 'schemas'))),
];
const changed = check ? staleArtifacts(ROOT, artifacts) : writeArtifacts(ROOT, artifacts);
for (const path of changed) console.error(check ? `${path} is stale` : `wrote ${path}`);

const failed = OTHER_GENERATORS.filter((script) => !runGenerator(ROOT, script, check));
for (const script of failed) console.error(`${script} ${check ? 'found stale files' : 'failed'}`);

if (failed.length > 0 || (check && changed.length > 0)) {
  if (check) console.error('Remedy: run "npm run generate" and commit the result.');
  process.exitCode = 1;
}
