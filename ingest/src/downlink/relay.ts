import { type CareKind, type DownKind, SECOND } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import { claimCommands, expireCommands } from './commands.ts';
import { claimConfigurations } from './configurations.ts';
import { claimFirmware } from './firmware.ts';

export interface RelayOptions {
  db: Db;
  log: Logger;
  clock: Clock;
  metrics: Metrics;
  /** Publishes below `down/` of one gateway. */
  send: (gateway: string, kind: DownKind, body: unknown) => void;
  /** Pause between two looks without a notice. */
  pollMs?: number;
}

const POLL_MS = 5 * SECOND;

/**
 * Brings what the database holds for gateways down to them: commands, configurations, firmware orders. Only to gateways that
 * announced themselves (birth) as able to, on the process that can reach them; the claim in the database keeps a second process
 * from sending the same. What is lost with a connection is sent again after the next birth; gateways obey an id or version once.
 */
export class Relay {
  readonly #options: RelayOptions;
  /** Code by id of gateways that can be told now. */
  readonly #reachable = new Map<number, string>();
  #reborn = new Set<number>();
  #round: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.kick(), this.#options.pollMs ?? POLL_MS);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#round;
  }

  /** A gateway is there and listens. */
  reached(gatewayId: number, code: string): void {
    this.#reachable.set(gatewayId, code);
    this.#reborn.add(gatewayId);
    this.kick();
  }

  gone(gatewayId: number): void {
    this.#reachable.delete(gatewayId);
    this.#reborn.delete(gatewayId);
  }

  /** Looks for work now; while a look is under way, once more after it. */
  kick(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#round ??= this.#run().finally(() => {
      this.#round = undefined;
      if (this.#again) this.kick();
    });
  }

  async #run(): Promise<void> {
    this.#again = false;
    const reborn = this.#reborn;
    this.#reborn = new Set();
    try {
      await this.#look([...reborn]);
    } catch (error) {
      for (const id of reborn) if (this.#reachable.has(id)) this.#reborn.add(id);
      this.#options.log.debug({ err: error }, 'orders for gateways not read, tried again');
    }
  }

  async #look(reborn: readonly number[]): Promise<void> {
    const { db, clock } = this.#options;
    const now = clock.now();
    await expireCommands(db, now);
    const reachable = [...this.#reachable.keys()];
    if (reachable.length === 0) return;
    for (const { id, gatewayId, body, expiresAt } of await claimCommands(db, reachable, reborn, now)) {
      this.#send(gatewayId, 'cmd', { v: 1, id, expiresAt, sentAt: clock.now(), body });
    }
    for (const { gatewayId, ...order } of await claimConfigurations(db, reachable, reborn, now)) {
      this.#send(gatewayId, 'config', { v: 1, ...order });
    }
    for (const { gatewayId, ...order } of await claimFirmware(db, reachable, reborn, now)) {
      this.#send(gatewayId, 'firmware', { v: 1, ...order });
    }
  }

  #send(gatewayId: number, kind: CareKind, body: unknown): void {
    const code = this.#reachable.get(gatewayId);
    if (code === undefined) return;
    this.#options.metrics.orders.inc({ kind });
    this.#options.send(code, kind, body);
  }
}
