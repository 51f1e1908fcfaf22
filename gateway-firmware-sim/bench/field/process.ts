import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface Child {
  pid: number;
  /** First line of its output, standard or error, that `wanted` takes. @throws when it ends before, or after 60 s */
  line(wanted?: (line: string) => boolean): Promise<string>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const PATIENCE_MS = 60_000;
const MOST_LINES = 1_000;

export function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
  const child: ChildProcess = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
  });
  if (!child.stdout || !child.stderr || child.pid === undefined) throw new Error(`${command} could not be started`);
  const seen: string[] = [];
  const waiting = new Set<() => void>();
  let ended = false;
  const gone = once(child, 'exit').then(() => {
    ended = true;
    for (const look of waiting) look();
  });
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      if (seen.length < MOST_LINES) seen.push(line);
      for (const look of waiting) look();
    });
  }
  // What a service tells its supervisor counts as a line, too.
  child.on('message', (message) => {
    seen.push(JSON.stringify(message));
    for (const look of waiting) look();
  });
  return {
    pid: child.pid,
    line: (wanted = () => true) =>
      new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          waiting.delete(look);
          clearTimeout(timer);
          act();
        };
        const look = () => {
          const found = seen.find(wanted);
          if (found !== undefined) settle(() => resolve(found));
          else if (ended)
            settle(() => reject(new Error(`${command} ended early: ${seen.slice(-3).join(' | ').slice(0, 500)}`)));
        };
        const timer = setTimeout(
          () =>
            settle(() =>
              reject(
                new Error(`${command} did not say what was waited for: ${seen.slice(-3).join(' | ').slice(0, 500)}`),
              ),
            ),
          PATIENCE_MS,
        );
        waiting.add(look);
        look();
      }),
    async stop(signal = 'SIGTERM') {
      if (!ended) child.kill(signal);
      await gone;
    },
  };
}

/** Highest resident memory of a process so far, MiB. */
export function peakMemoryMiB(pid: number): number {
  const [, kib] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / 1_024);
}

/** Seconds of processor time that a process has used. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
