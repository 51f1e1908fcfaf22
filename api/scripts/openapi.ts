import { readFileSync, writeFileSync } from 'node:fs';
import pg from 'pg';
import pino from 'pino';
import { buildApp } from '../src/app.ts';
import { openApiText } from '../src/http/document.ts';

/** Writes api/openapi.json from the routes; with --check it only compares and exits 1 when they differ. No database. */
const file = new URL('../openapi.json', import.meta.url);

// Declaring routes asks nothing of the database; a pool connects at its first query only.
const db = new pg.Pool();
const app = await buildApp({ db, mode: 'demo', clock: () => 0, logger: pino({ level: 'silent' }) });
const text = await openApiText(app);
await app.close();
await db.end();

if (!process.argv.includes('--check')) {
  writeFileSync(file, text);
} else if (readFileSync(file, 'utf8') !== text) {
  process.stderr.write('api/openapi.json differs from the routes. Run: node api/scripts/openapi.ts\n');
  process.exitCode = 1;
}
