import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** User and system time of processes together, seconds (Linux). */
export const cpuSeconds = (pids: readonly number[]): number =>
  pids.reduce((total, pid) => {
    const stat = readOrEmpty(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // 13 and 14: children that ended and were waited for, such as short-lived database backends
    return total + [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i] ?? 0), 0) / TICKS_PER_SECOND;
  }, 0);

/** Memory of processes, MB; pages that several share are divided among them. */
export const residentMb = (pids: readonly number[]): number =>
  pids.reduce(
    (total, pid) =>
      total + Number(/^Pss:\s+(\d+) kB/m.exec(readOrEmpty(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1_024,
    0,
  );

/** A process and its children. */
export function family(root: number): number[] {
  const children = readdirSync('/proc').filter((entry) => {
    const stat = /^\d+$/.test(entry) ? readOrEmpty(`/proc/${entry}/stat`) : '';
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === root;
  });
  return [root, ...children.map(Number)];
}

/** A process may end between two looks. */
function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
