import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { GanzhiError } from '../errors.ts';

/** Generated secrets of one installation, by name. */
export type Secrets = Readonly<Record<string, string>>;

const SecretsFile = z.record(z.string(), z.string());

/**
 * Reads `secrets.json` of a data directory and generates what is missing (256 bits, URL-safe). The file has mode 0600 and
 * is replaced atomically, so a power cut never leaves half of it.
 */
export function loadSecrets(dataDir: string, names: readonly string[]): Secrets {
  const file = join(dataDir, 'secrets.json');
  const known = existsSync(file) ? parse(file) : {};
  const missing = names.filter((name) => !known[name]);
  if (missing.length === 0) return known;
  const all = { ...known, ...Object.fromEntries(missing.map((name) => [name, randomBytes(32).toString('base64url')])) };
  writeFileSync(`${file}.new`, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
  chmodSync(`${file}.new`, 0o600);
  renameSync(`${file}.new`, file);
  return all;
}

function parse(file: string): Secrets {
  try {
    return SecretsFile.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new GanzhiError(
      'database-corrupt',
      `${file} is damaged. Restore it from a backup; without it the database cannot be opened.`,
      {
        cause,
      },
    );
  }
}
