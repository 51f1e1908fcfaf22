import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

interface Ticks {
  parent: number;
  own: number;
  /** Of children that have ended. */
  ended: number;
}

/**
 * Processor seconds (user and system) of a server with all its children, since it began: PostgreSQL works in one process for each
 * connection.
 *
 * @throws Error on systems without /proc
 */
export function processorSeconds(pid: number): number {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const server = ticksOf(pid);
  if (!server) throw new Error(`process ${pid} has ended, or this system has no /proc`);
  const children = all.map((name) => ticksOf(Number(name))).filter((ticks) => ticks?.parent === pid);
  return (server.own + server.ended + children.reduce((sum, ticks) => sum + (ticks?.own ?? 0), 0)) / TICKS_PER_SECOND;
}

/** Fields of proc_pid_stat(5); undefined when the process ended meanwhile. */
function ticksOf(pid: number): Ticks | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [parent = 0, user = 0, system = 0, endedUser = 0, endedSystem = 0] = [1, 11, 12, 13, 14].map(
      (i) => fields[i],
    );
    return { parent, own: user + system, ended: endedUser + endedSystem };
  } catch {
    return undefined;
  }
}
