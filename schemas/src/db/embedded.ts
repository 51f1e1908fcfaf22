import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GanzhiError } from '../errors.ts';
import { clientOf } from './client.ts';
import { freeCluster, readPostmaster } from './cluster-lock.ts';
import { type Binaries, locateBinaries, type RunAs, reachableBy, unprivilegedUser } from './native.ts';
import { ensureRoles, READER_LOGIN, SERVICE_ROLES, type ServiceRole } from './roles.ts';
import { loadSecrets, type Secrets } from './secrets.ts';

/**
 * Our own launcher of the embedded PostgreSQL: one cluster per data directory, loopback only, passwords from a file of
 * mode 0600, full durability. Works as root (handing over to an unprivileged user) and as an ordinary user.
 */
export interface EmbeddedOptions {
  /** GANZHI_DATA_DIR; the cluster is its subfolder `postgres`. */
  dataDir: string;
  /** Unset: a free port. */
  port?: number;
  log?: (line: string) => void;
  /** Tests only: trade durability for speed. */
  volatile?: boolean;
  /** Gives up a start under way: the server is ended and the start rejects. */
  signal?: AbortSignal;
}

export interface EmbeddedDatabase {
  /** Log-in of the cluster's administrator: roles and migrations only. */
  adminUrl: string;
  /** Log-in of one service. */
  urlFor(role: ServiceRole | typeof READER_LOGIN): string;
  /** Where the cluster's files are (not below dataDir when the database's user could not reach it). */
  clusterDir: string;
  port: number;
  pid: number;
  /** Resolves with the exit code when the server ends, asked or not. */
  ended: Promise<number | null>;
  stop(): Promise<void>;
}

const DATABASE = 'ganzhi';
const START_TIMEOUT_MS = 60_000;
/** After a power cut the server first replays its log, up to 2 GB of it: it answers, and says that it is starting. */
const RECOVERY_TIMEOUT_MS = 600_000;
const STARTING_UP = '57P03';
/** A shutdown checkpoint may meet a slow disk; what it does not write then, the next start reads from the log. */
const STOP_TIMEOUT_MS = 20_000;

/**
 * @throws GanzhiError `no-permission`, `database-corrupt` or `port-taken`, each with its remedy
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { log = () => undefined, volatile = false } = options;
  const dataDir = resolve(options.dataDir);
  makeFolder(dataDir);
  const user = unprivilegedUser();
  const { clusterDir, spareFolder } = placeCluster(dataDir, user, log);
  const binaries = locateBinaries(user, spareFolder);
  const secrets = loadSecrets(dataDir, ['postgres', ...SERVICE_ROLES, READER_LOGIN]);
  if (existsSync(join(clusterDir, 'PG_VERSION'))) await freeCluster(clusterDir, log, options.signal);
  else initialise(binaries, clusterDir, secrets, user, volatile);

  const port = options.port ?? (await freePort());
  const logFile = openSync(join(dataDir, 'postgres.log'), 'a');
  const child = spawn(binaries.postgres, serverArguments(clusterDir, port, volatile), {
    stdio: ['ignore', logFile, logFile],
    // Its own group: Ctrl-C at the terminal must not reach it before the services have flushed.
    detached: true,
    ...(user ? { uid: user.uid, gid: user.gid } : {}),
    env: { PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C' },
  });
  closeSync(logFile);
  const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));

  const urlAs = (login: string, database = DATABASE): string =>
    `postgres://${login}:${secrets[login]}@127.0.0.1:${port}/${database}`;
  try {
    await untilReady(urlAs('postgres', 'postgres'), child, dataDir, options.signal);
    await prepareDatabase(urlAs('postgres', 'postgres'), urlAs('postgres'), secrets);
  } catch (error) {
    await stop(child, ended);
    throw error;
  }
  return {
    adminUrl: urlAs('postgres'),
    urlFor: (role) => urlAs(role),
    clusterDir,
    port,
    pid: child.pid ?? 0,
    ended,
    stop: () => stop(child, ended),
  };
}

/** Addresses of an embedded database that another process keeps running on this data directory; undefined when none does. */
export function locateEmbedded(dataDir: string): Pick<EmbeddedDatabase, 'adminUrl' | 'urlFor' | 'pid'> | undefined {
  const root = resolve(dataDir);
  const { clusterDir } = placeCluster(root, unprivilegedUser(), () => undefined, false);
  const running = readPostmaster(clusterDir);
  if (!running) return undefined;
  const secrets = loadSecrets(root, ['postgres', ...SERVICE_ROLES, READER_LOGIN]);
  const urlFor = (login: string): string =>
    `postgres://${login}:${secrets[login]}@127.0.0.1:${running.port}/${DATABASE}`;
  return { adminUrl: urlFor('postgres'), urlFor, pid: running.pid };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, '.write-test'), '');
    rmSync(join(folder, '.write-test'));
  } catch (cause) {
    throw new GanzhiError(
      'no-permission',
      `The data folder ${folder} cannot be written. Set GANZHI_DATA_DIR to one that can.`,
      {
        cause,
      },
    );
  }
}

/** Below dataDir, or in /var/lib when the database's user cannot pass dataDir's parents (root with a private home). */
function placeCluster(dataDir: string, user: RunAs | undefined, log: (line: string) => void, make = true) {
  const near = join(dataDir, 'postgres');
  const reachable = reachableBy(user, dataDir);
  const spareFolder = reachable ? dataDir : '/var/lib/ganzhi';
  const clusterDir = reachable
    ? near
    : join(spareFolder, createHash('sha256').update(dataDir).digest('hex').slice(0, 12), 'postgres');
  if (make) {
    if (!reachable) log(`The user "${user?.name}" cannot reach ${dataDir}; the database lives in ${clusterDir}.`);
    mkdirSync(clusterDir, { recursive: true, mode: 0o755 });
    if (user) chownSync(clusterDir, user.uid, user.gid);
  }
  return { clusterDir, spareFolder };
}

/** Made aside and moved into place when it is whole: a first start that is cut off leaves nothing that looks like data. */
function initialise(
  binaries: Binaries,
  clusterDir: string,
  secrets: Secrets,
  user: RunAs | undefined,
  volatile: boolean,
): void {
  if (readdirSync(clusterDir).length > 0) {
    throw new GanzhiError(
      'database-corrupt',
      `${clusterDir} holds files but no database (PG_VERSION is missing). Restore the folder from a backup, or move it away to start empty.`,
    );
  }
  const unfinished = `${clusterDir}.new`;
  const passwordFile = `${clusterDir}.password`;
  try {
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { mode: 0o700 });
    writeFileSync(passwordFile, `${secrets.postgres}\n`, { mode: 0o600 });
    if (user) {
      chownSync(unfinished, user.uid, user.gid);
      chownSync(passwordFile, user.uid, user.gid);
    }
    execFileSync(
      binaries.initdb,
      [
        `--pgdata=${unfinished}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        ...(volatile ? ['--no-sync'] : []),
      ],
      {
        stdio: 'pipe',
        ...(user ? { uid: user.uid, gid: user.gid } : {}),
        env: { PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C' },
      },
    );
    rmdirSync(clusterDir);
    renameSync(unfinished, clusterDir);
  } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true });
    const reason = (cause as { stderr?: Buffer }).stderr?.toString().trim().split('\n').at(-1) ?? String(cause);
    throw new GanzhiError('no-permission', `The database folder ${clusterDir} cannot be set up: ${reason}`, { cause });
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

const LEAST_BUFFERS_MIB = 96;
const MOST_BUFFERS_MIB = 1024;

/**
 * A thirty-second of the memory. What a drain of millions of readings touches again (the lower levels of the index of a month) should
 * stay in the server's own cache: with 96 MB a day of the whole city drains at four fifths of the speed it has with 768 MB.
 */
function buffersMib(): number {
  // of a container its limit, not the machine's memory
  const bytes = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  return Math.min(MOST_BUFFERS_MIB, Math.max(LEAST_BUFFERS_MIB, Math.floor(bytes / 32 / 1_048_576)));
}

function serverArguments(clusterDir: string, port: number, volatile: boolean): string[] {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: volatile ? '200' : '60',
    shared_buffers: `${volatile ? LEAST_BUFFERS_MIB : buffersMib()}MB`,
    // a city's backlog writes a gigabyte of log in half a minute; each checkpoint makes it write whole pages again
    max_wal_size: '4GB',
    wal_compression: 'on',
    jit: 'off',
    max_wal_senders: '0',
    wal_level: 'minimal',
    log_timezone: 'UTC',
    ...(volatile ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  };
  return ['-D', clusterDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

async function untilReady(url: string, child: ChildProcess, dataDir: string, signal?: AbortSignal): Promise<void> {
  const startedAt = Date.now();
  for (let limitMs = START_TIMEOUT_MS; ; ) {
    signal?.throwIfAborted();
    if (child.exitCode !== null || child.signalCode !== null) throw explainExit(dataDir);
    const client = clientOf({ connectionString: url, connectionTimeoutMillis: 2_000 });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (cause) {
      if ((cause as { code?: string }).code === '28P01') {
        throw new GanzhiError(
          'database-corrupt',
          `The database in ${dataDir} does not know the password in ${join(dataDir, 'secrets.json')}: the two come from different installations. Put the matching file back, or move the folder away to start empty.`,
          { cause },
        );
      }
      if ((cause as { code?: string }).code === STARTING_UP) limitMs = RECOVERY_TIMEOUT_MS;
      if (Date.now() - startedAt > limitMs) throw explainExit(dataDir);
      await sleep(50);
    }
  }
}

/** Reads the reason from the server's own log, so that one message says it all. */
function explainExit(dataDir: string): GanzhiError {
  const lines = readFileSync(join(dataDir, 'postgres.log'), 'utf8').trim().split('\n').slice(-30);
  const reason =
    lines.findLast((line) => /FATAL|PANIC|could not|error/i.test(line)) ?? lines.at(-1) ?? 'no reason given';
  if (/address already in use|could not bind/i.test(lines.join('\n'))) {
    return new GanzhiError('port-taken', `The embedded database found its port taken (${reason}). Start again.`);
  }
  return new GanzhiError(
    'database-corrupt',
    `The embedded database in ${dataDir} does not start: ${reason}. Restore the folder from a backup, or move it away to start empty; the full log is ${join(dataDir, 'postgres.log')}.`,
  );
}

async function prepareDatabase(maintenanceUrl: string, url: string, secrets: Secrets): Promise<void> {
  const maintenance = clientOf({ connectionString: maintenanceUrl });
  await maintenance.connect();
  try {
    const { rowCount } = await maintenance.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await maintenance.query(`create database ${DATABASE}`);
  } finally {
    await maintenance.end();
  }
  const client = clientOf({ connectionString: url });
  await client.connect();
  try {
    await ensureRoles(client);
    for (const role of [...SERVICE_ROLES, READER_LOGIN]) {
      await client.query(`alter role ${role} login password ${client.escapeLiteral(secrets[role] ?? '')}`);
    }
  } finally {
    await client.end();
  }
}

/** Fast shutdown: sessions are rolled back, a checkpoint is written. One that takes too long becomes an immediate one. */
async function stop(child: ChildProcess, ended: Promise<number | null>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
  const hammer = setTimeout(() => child.kill('SIGQUIT'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(hammer);
}

/** A port that was free a moment ago on loopback. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
