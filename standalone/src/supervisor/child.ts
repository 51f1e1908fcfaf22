import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { GanzhiError } from '@ganzhi/schemas';
import type { ReadyMessage } from '../process.ts';

const ENTRY = fileURLToPath(new URL('../../bin/ganzhi.mjs', import.meta.url));
const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 25_000;
const FIRST_RESTART_MS = 1_000;
const LAST_RESTART_MS = 30_000;

export interface ChildSpec {
  /** Command of `ganzhi` that the child runs. */
  name: string;
  args?: readonly string[];
  /** Options of Node itself. */
  nodeArgs?: readonly string[];
  env: Readonly<Record<string, string>>;
  logFile: string;
}

export interface ChildEvents {
  /** The process ended without being asked; it is started again after `inMs`. */
  onRestart(name: string, how: string, inMs: number): void;
}

/**
 * One supervised service process: started, waited for until it says it is ready, started again when it dies (pause doubling
 * from 1 s to 30 s), stopped when asked. Its own process group, so Ctrl-C reaches only the supervisor, which stops in order.
 */
export class Child {
  readonly #spec: ChildSpec;
  readonly #events: ChildEvents;
  #process: ChildProcess | undefined;
  #stopping = false;
  #pauseMs = FIRST_RESTART_MS;

  constructor(spec: ChildSpec, events: ChildEvents) {
    this.#spec = spec;
    this.#events = events;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /**
   * Starts the process and resolves with what it reported when ready.
   *
   * @throws GanzhiError with the child's own last words when it ends before it is ready
   */
  async start(): Promise<Record<string, unknown>> {
    const info = await this.#launch();
    this.#watch();
    return info;
  }

  /** SIGTERM, and after 25 s SIGKILL. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#process;
    if (!child || hasEnded(child)) return;
    const ended = new Promise<void>((done) => child.once('exit', () => done()));
    child.kill('SIGTERM');
    const hammer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await ended;
    clearTimeout(hammer);
  }

  #launch(): Promise<Record<string, unknown>> {
    const { name, args = [], nodeArgs = [], env, logFile } = this.#spec;
    const log = openSync(logFile, 'a');
    const child = spawn(process.execPath, [...nodeArgs, ENTRY, name, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', log, 'pipe', 'ipc'],
      detached: true,
    });
    closeSync(log);
    this.#process = child;
    const lastWords = keepLog(child, logFile);
    return new Promise((ready, fail) => {
      const limit = setTimeout(() => {
        child.kill('SIGKILL');
        fail(
          new GanzhiError('internal', `${name} was not ready after ${READY_LIMIT_MS / 1000} s; its log is ${logFile}.`),
        );
      }, READY_LIMIT_MS);
      child.once('message', (message: ReadyMessage) => {
        clearTimeout(limit);
        ready(message.info);
      });
      child.once('exit', (code, signal) => {
        clearTimeout(limit);
        fail(
          new GanzhiError('internal', lastWords() || `${name} ended with ${signal ?? code}; its log is ${logFile}.`),
        );
      });
    });
  }

  #watch(): void {
    const child = this.#process;
    const startedAt = Date.now();
    child?.once('exit', async (code, signal) => {
      if (this.#stopping) return;
      if (Date.now() - startedAt > LAST_RESTART_MS) this.#pauseMs = FIRST_RESTART_MS;
      await this.#relaunch(String(signal ?? `exit code ${code}`));
    });
  }

  async #relaunch(how: string): Promise<void> {
    for (let reason = how; !this.#stopping; ) {
      this.#events.onRestart(this.#spec.name, reason, this.#pauseMs);
      await sleep(this.#pauseMs);
      this.#pauseMs = Math.min(this.#pauseMs * 2, LAST_RESTART_MS);
      if (this.#stopping) return;
      try {
        await this.#launch();
        this.#watch();
        return;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
    }
  }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Appends standard error to the log file and remembers the plain (not JSON) last words of a failing start. */
function keepLog(child: ChildProcess, logFile: string): () => string {
  const log = openSync(logFile, 'a');
  const words: string[] = [];
  child.stderr?.setEncoding('utf8');
  child.stderr?.on('data', (chunk: string) => {
    writeSync(log, chunk);
    words.push(...chunk.split('\n').filter((line) => line !== '' && !line.startsWith('{')));
    words.splice(0, Math.max(0, words.length - 12));
  });
  child.stderr?.once('close', () => closeSync(log));
  return () => words.join('\n');
}
