import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GanzhiError } from '../errors.ts';

/**
 * Who holds a cluster: `postmaster.pid` is only a note, and after a power cut or kill -9 it may name a process that is
 * gone, or that has nothing to do with us.
 */
export interface Postmaster {
  pid: number;
  port: number;
}

const STOP_LIMIT_MS = 60_000;
const ORPHAN_LIMIT_MS = 15_000;

/** Pid and port of a live server on this cluster (lines 1 and 4 of postmaster.pid). */
export function readPostmaster(clusterDir: string): Postmaster | undefined {
  const file = join(clusterDir, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, 'utf8').split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  return pid > 0 && isAlive(pid) && servesIn(pid, clusterDir) !== false ? { pid, port } : undefined;
}

/**
 * Makes the cluster free for a new server: a server that a killed launcher left is stopped in order; helpers that a killed
 * server left are ended (by themselves they look up only when their statement waits for something), and a note that names nobody is removed, because the server would
 * refuse to start as long as any process has that number.
 *
 * @throws GanzhiError `database-unreachable` when an old server does not stop
 */
export async function freeCluster(
  clusterDir: string,
  log: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const running = readPostmaster(clusterDir);
  if (running) {
    log(`A database server (pid ${running.pid}) was left by an earlier run; stopping it.`);
    process.kill(running.pid, 'SIGINT');
  }
  const gone = await until(() => !readPostmaster(clusterDir), STOP_LIMIT_MS, signal);
  if (gone) for (const pid of serversIn(clusterDir)) quit(pid);
  if (!gone || !(await until(() => serversIn(clusterDir).length === 0, ORPHAN_LIMIT_MS, signal))) {
    throw new GanzhiError(
      'database-unreachable',
      `A database server of an earlier run still works in ${clusterDir} and does not stop. End the processes named "postgres" there, then start again.`,
    );
  }
  rmSync(join(clusterDir, 'postmaster.pid'), { force: true });
}

async function until(reached: () => boolean, limitMs: number, signal?: AbortSignal): Promise<boolean> {
  const giveUpAt = performance.now() + limitMs;
  while (!reached()) {
    signal?.throwIfAborted();
    if (performance.now() > giveUpAt) return false;
    await sleep(50);
  }
  return true;
}

/** A process that ended but that nobody has collected (a zombie) still has its number; it is not alive. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
  const stat = readProc(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return stat === undefined || !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
}

/**
 * PostgreSQL makes the cluster its working folder, and its helpers keep the name of the program. An administrator's shell
 * in that folder is no server. Undefined where it cannot be seen.
 */
function servesIn(pid: number, clusterDir: string): boolean | undefined {
  const folder = readProc(() => readlinkSync(`/proc/${pid}/cwd`));
  const program = readProc(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
  return folder === undefined ? undefined : folder === realpathSync(clusterDir) && program === 'postgres';
}

/** Servers and helpers of servers that work in the folder (Linux; elsewhere the server checks for itself). */
const serversIn = (clusterDir: string): number[] =>
  (readProc(() => readdirSync('/proc')) ?? [])
    .filter((entry) => /^\d+$/.test(entry) && servesIn(Number(entry), clusterDir) === true)
    .map(Number);

/** What PostgreSQL's own postmaster tells its helpers when one of them crashed: end at once, the log has everything. */
function quit(pid: number): void {
  try {
    process.kill(pid, 'SIGQUIT');
  } catch {
    // it ended meanwhile
  }
}

/** /proc is there on Linux only, and an entry may go while it is read. */
function readProc<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
