import { SECOND } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';
import type { TagTarget } from '../dialects/translate.ts';
import { type GatewayEntry, loadGateways, loadMeters, type MeterEntry, registryVersion } from './load.ts';
import { loadTags, type TagTable, tagKey } from './tags.ts';

/** Belt and braces for a server whose counters are off (`track_counts`). */
const RELOAD_AFTER_POLLS = 100;
/** What is unknown may have been registered a moment ago, but a misconfigured gateway must not make us ask all day. */
const ASK_AGAIN_MS = SECOND;
const MAX_REMEMBERED = 50_000;

export interface RegistryOptions {
  db: Db;
  log: Logger;
  /** Pause between two looks for changes. */
  pollMs: number;
  /** Called after each reload: connections of gateways that lost their right are closed there. */
  onReload: () => void;
}

/**
 * The registry in memory: who may send what. Reloaded when it changed; a code that is unknown is asked for at once, each
 * code at most once a second.
 */
export class Registry {
  readonly #options: RegistryOptions;
  #gateways = new Map<string, GatewayEntry>();
  #meters = new Map<string, MeterEntry>();
  #tags: TagTable = new Map();
  #version = '';
  #polls = 0;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | undefined;
  /** When a code was last asked for, on the monotonic clock. */
  readonly #askedAt = new Map<string, number>();
  /** Questions under way: whoever comes meanwhile waits for the same answer and is not told "unknown" too early. */
  readonly #asking = new Set<Promise<void>>();

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.#reload();
    this.#timer = setInterval(() => {
      this.#polling ??= this.#poll().finally(() => {
        this.#polling = undefined;
      });
    }, this.#options.pollMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#polling;
  }

  /** Looks for changes at once: somebody said that there are some. */
  async refresh(): Promise<void> {
    // a look under way may have begun before the change
    await this.#polling;
    this.#polling ??= this.#poll().finally(() => {
      this.#polling = undefined;
    });
    await this.#polling;
  }

  gateway(code: string): GatewayEntry | undefined {
    return this.#gateways.get(code);
  }

  /** The one gateway with this SHA-256 of its token; a token that two gateways share proves neither. */
  gatewayByToken(tokenSha256: Buffer): GatewayEntry | undefined {
    const [found, second] = [...this.#gateways.values()].filter(
      (gateway) => gateway.tokenSha256.equals(tokenSha256) || gateway.nextTokenSha256?.equals(tokenSha256),
    );
    return second ? undefined : found;
  }

  meter(code: string): MeterEntry | undefined {
    return this.#meters.get(code);
  }

  /** Where a tag of another maker's gateway belongs, if anybody said so. */
  tag(gatewayId: number, device: string, tag: string): TagTarget | undefined {
    return this.#tags.get(gatewayId)?.get(tagKey(device, tag));
  }

  /** Looks again for a gateway that was not found. All unknown gateways share one turn a second. */
  async lookAgain(): Promise<void> {
    if (this.#mayAsk('*')) {
      this.#ask(async () => {
        for (const [code, gateway] of await loadGateways(this.#options.db)) this.#gateways.set(code, gateway);
      });
    }
    await Promise.all(this.#asking);
  }

  /** Looks again for meters that were not found, or not as the gateway sees them. */
  async lookAgainForMeters(codes: readonly string[]): Promise<void> {
    const wanted = codes.filter((code) => this.#mayAsk(`meter ${code}`)).map((code) => code.replaceAll('\0', ''));
    if (wanted.length > 0) {
      this.#ask(async () => {
        for (const [code, meter] of await loadMeters(this.#options.db, wanted)) this.#meters.set(code, meter);
      });
    }
    await Promise.all(this.#asking);
  }

  /**
   * Reads all of it again, whatever the server's counters say: they lag by seconds, and somebody relies on a meter registered a
   * moment ago. Rejects when the database is away.
   */
  reload(): Promise<void> {
    return this.#reload();
  }

  #ask(question: () => Promise<void>): void {
    const asking = this.#quietly(question).finally(() => this.#asking.delete(asking));
    this.#asking.add(asking);
  }

  #mayAsk(name: string): boolean {
    const now = performance.now();
    if (now - (this.#askedAt.get(name) ?? Number.NEGATIVE_INFINITY) < ASK_AGAIN_MS) return false;
    if (this.#askedAt.size >= MAX_REMEMBERED) this.#askedAt.clear();
    this.#askedAt.set(name, now);
    return true;
  }

  async #poll(): Promise<void> {
    await this.#quietly(async () => {
      this.#polls += 1;
      const version = await registryVersion(this.#options.db);
      if (version !== this.#version || this.#polls % RELOAD_AFTER_POLLS === 0) await this.#reload();
    });
  }

  async #reload(): Promise<void> {
    const { db, onReload } = this.#options;
    // version first: a write between the queries then shows as a difference at the next poll
    const version = await registryVersion(db);
    this.#gateways = await loadGateways(db);
    this.#meters = await loadMeters(db);
    this.#tags = await loadTags(db);
    this.#version = version;
    onReload();
  }

  /** The database may be away: what is in memory stays good, and the next poll tries again. */
  async #quietly(work: () => Promise<void>): Promise<void> {
    await work().catch((error: Error) => this.#options.log.debug({ err: error }, 'registry not read'));
  }
}
