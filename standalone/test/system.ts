import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '@ganzhi/schemas/db';
import { descendants } from '../bench/proc.ts';

export const ENTRY = fileURLToPath(new URL('../bin/ganzhi.mjs', import.meta.url));

/** A folder of one's own that the database's user can reach; removed by `remove`. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'ganzhi-e2e-'));
  chmodSync(path, 0o755);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** `ganzhi start` as a real process on free ports, driven as an operator would: output read, signals sent, killed. */
export class System {
  readonly dataDir: string;
  readonly args: readonly string[];
  readonly port: number;
  readonly mqttPort: number;
  #child: ChildProcess | undefined;
  output = '';

  private constructor(dataDir: string, args: readonly string[], port: number, mqttPort: number) {
    this.dataDir = dataDir;
    this.args = args;
    this.port = port;
    this.mqttPort = mqttPort;
  }

  static async create(dataDir: string, args: readonly string[]): Promise<System> {
    return new System(dataDir, args, await freePort(), await freePort());
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The password of the first start, from what was printed. */
  get password(): string {
    return /password\s+(\S+)/.exec(this.output)?.[1] ?? '';
  }

  /** Resolves when the address is printed. */
  start(): Promise<void> {
    this.output = '';
    const child = spawn(process.execPath, [ENTRY, 'start', ...this.args], {
      env: {
        ...process.env,
        GANZHI_DATA_DIR: this.dataDir,
        PORT: String(this.port),
        GANZHI_MQTT_PORT: String(this.mqttPort),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    return new Promise((ready, fail) => {
      const read = (chunk: Buffer): void => {
        this.output += chunk.toString();
        if (this.output.includes('Ctrl-C')) ready();
      };
      child.stdout?.on('data', read);
      child.stderr?.on('data', read);
      child.once('exit', (code, signal) => fail(new Error(`ganzhi start ended (${signal ?? code}):\n${this.output}`)));
    });
  }

  /** Pids of the supervisor and everything below it. */
  family(): number[] {
    return this.#child?.pid ? descendants(this.#child.pid) : [];
  }

  /** kill -9 of everything at once, as a power cut would. */
  async killAll(): Promise<void> {
    const child = this.#child;
    const pids = this.family();
    for (const pid of pids) kill(pid);
    if (child) await ended(child);
    while (pids.some(isAlive)) await sleep(20);
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    if (!child) return null;
    child.kill('SIGTERM');
    return ended(child);
  }
}

export interface RunResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs one `ganzhi` command to its end. */
export function runGanzhi(args: readonly string[], env: Record<string, string> = {}): Promise<RunResult> {
  const child = spawn(process.execPath, [ENTRY, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const result = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    result.stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    result.stderr += chunk.toString();
  });
  return new Promise((done) => child.once('close', (code) => done({ code, ...result })));
}

/** Waits for a condition; the test's own time limit bounds it. */
export async function eventually(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(200);
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((done) => child.once('exit', (code) => done(code)));
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ended by itself meanwhile
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
