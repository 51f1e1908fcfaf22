import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type EmbeddedDatabase, startEmbedded } from '@ganzhi/schemas/db';
import { family } from '../bench/proc.ts';
import type { IngestOptions } from '../src/index.ts';

const RESTART_MS = 300;
const ENTRY = fileURLToPath(new URL('../test/outside/process.ts', import.meta.url));

/** An ingest process that is started again whenever it ends, as a supervisor does. */
export class KeptIngest {
  readonly #options: Omit<IngestOptions, 'logger' | 'clock'>;
  #child: ChildProcess | undefined;
  #stopping = false;
  #keeping: Promise<void> | undefined;
  starts = 0;

  constructor(options: Omit<IngestOptions, 'logger' | 'clock'>) {
    this.#options = options;
  }

  start(): void {
    this.#keeping = this.#keep();
  }

  /** kill -9. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#child?.kill('SIGKILL');
    await this.#keeping;
  }

  async #keep(): Promise<void> {
    while (!this.#stopping) {
      const child = spawn(process.execPath, [ENTRY, JSON.stringify(this.#options)], { stdio: 'ignore' });
      this.#child = child;
      this.starts += 1;
      await once(child, 'exit');
      if (!this.#stopping) await sleep(RESTART_MS);
    }
  }
}

/** An embedded database with everything durable, started again on its port whenever it ends. */
export class KeptDatabase {
  readonly #dataDir: string;
  #running: EmbeddedDatabase;
  #stopping = false;
  #keeping: Promise<void>;

  private constructor(dataDir: string, first: EmbeddedDatabase) {
    this.#dataDir = dataDir;
    this.#running = first;
    this.#keeping = this.#keep();
  }

  static async start(dataDir: string): Promise<KeptDatabase> {
    return new KeptDatabase(dataDir, await startEmbedded({ dataDir }));
  }

  get running(): EmbeddedDatabase {
    return this.#running;
  }

  /** kill -9 of the server and all its processes. */
  kill(): void {
    for (const pid of family(this.#running.pid)) signal(pid, 'SIGKILL');
  }

  /** Everything stands still, connections stay open: a machine that hangs. */
  async pause(ms: number): Promise<void> {
    const { pid } = this.#running;
    // the server first, so that it makes no new process meanwhile; its processes are groups of their own
    signal(pid, 'SIGSTOP');
    const all = family(pid);
    for (const each of all) signal(each, 'SIGSTOP');
    await sleep(ms);
    for (const each of all) signal(each, 'SIGCONT');
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running.stop();
    await this.#keeping;
  }

  async #keep(): Promise<void> {
    for (;;) {
      await this.#running.ended;
      if (this.#stopping) return;
      await sleep(RESTART_MS);
      for (let started = false; !started && !this.#stopping; ) {
        started = await startEmbedded({ dataDir: this.#dataDir, port: this.#running.port }).then(
          (running) => {
            this.#running = running;
            return true;
          },
          () => sleep(RESTART_MS).then(() => false),
        );
      }
      if (this.#stopping) return void (await this.#running.stop());
    }
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // ended by itself meanwhile
  }
}
