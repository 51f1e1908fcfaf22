import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { dashboardFiles } from './index.ts';

/** Writes `json/`; with `--check` it compares and ends with exit code 1 when a file is stale. */
const FOLDER = fileURLToPath(new URL('./json/', import.meta.url));

const { check } = parseArgs({ options: { check: { type: 'boolean', default: false } } }).values;
for (const { path, text } of dashboardFiles()) {
  const file = join(FOLDER, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  if (check) {
    console.error(`dashboards/grafana/json/${path} is stale`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.error(`wrote dashboards/grafana/json/${path}`);
  }
}
