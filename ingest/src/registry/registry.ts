import { SECOND } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';
import { type GatewayEntry, loadRegistry, type MeterEntry, type RegistrySnapshot, registryVersion } from './load.ts';

/** Belt and braces for a server whose counters are off (`track_counts`). */
const RELOAD_AFTER_POLLS = 100;
/** An unknown code may be a row that was registered a moment ago, but a stranger must not make us reload all day. */
const UNKNOWN_RELOAD_MS = SECOND;

export interface RegistryOptions {
  db: Db;
  log: Logger;
  /** Pause between two looks for changes. */
  pollMs: number;
  /** Called after each reload: connections of gateways that lost their right are closed there. */
  onReload: () => void;
}

/**
 * The registry in memory: who may send what. Reloaded when it changed, and at most once a second
 * when a code is unknown.
 */
export class Registry {
  readonly #db: Db;
  readonly #log: Logger;
  readonly #onReload: () => void;
  readonly #pollMs: number;
  #snapshot: RegistrySnapshot = { gateways: new Map(), meters: new Map() };
  #version = '';
  #polls = 0;
  #timer: NodeJS.Timeout | undefined;
  #loading: Promise<void> | undefined;
  #unknownReloadAt = Number.NEGATIVE_INFINITY;

  constructor({ db, log, pollMs, onReload }: RegistryOptions) {
    this.#db = db;
    this.#log = log;
    this.#pollMs = pollMs;
    this.#onReload = onReload;
  }

  async start(): Promise<void> {
    await this.#reload();
    this.#timer = setInterval(() => void this.#poll(), this.#pollMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#loading?.catch(() => undefined);
  }

  gateway(code: string): GatewayEntry | undefined {
    return this.#snapshot.gateways.get(code);
  }

  meter(code: string): MeterEntry | undefined {
    return this.#snapshot.meters.get(code);
  }

  /** Looks again for a code that was not found; resolves without a query when it just did so. */
  async lookAgain(): Promise<void> {
    const now = performance.now();
    if (this.#loading === undefined && now - this.#unknownReloadAt < UNKNOWN_RELOAD_MS) return;
    this.#unknownReloadAt = now;
    await this.#reload().catch((error: Error) => this.#log.warn({ err: error }, 'registry not reloaded'));
  }

  async #poll(): Promise<void> {
    try {
      this.#polls += 1;
      const version = await registryVersion(this.#db);
      if (version !== this.#version || this.#polls % RELOAD_AFTER_POLLS === 0) await this.#reload();
    } catch (error) {
      this.#log.debug({ err: error }, 'registry not polled');
    }
  }

  #reload(): Promise<void> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #load(): Promise<void> {
    // version first: a write between the two queries then shows as a difference at the next poll
    const version = await registryVersion(this.#db);
    this.#snapshot = await loadRegistry(this.#db);
    this.#version = version;
    this.#onReload();
  }
}
