import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';

/** Which database a truth is about, where the run had one of its own. */
const NAME = 'database.json';
const Note = z.object({ dataDir: z.string() });

export const noteDatabase = (truth: string, dataDir: string): void =>
  writeFileSync(join(truth, NAME), `${JSON.stringify({ dataDir: resolve(dataDir) })}\n`);

/** Data folder of the run's own database; undefined when it used a running network's. */
export const notedDatabase = (truth: string): string | undefined =>
  existsSync(join(truth, NAME)) ? Note.parse(JSON.parse(readFileSync(join(truth, NAME), 'utf8'))).dataDir : undefined;
