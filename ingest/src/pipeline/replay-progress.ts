import { SECOND } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';
import { type ReplayChange, upsertGatewayReplay } from '../sql/upsert-gateway-replay.ts';

const FLUSH_MS = 2 * SECOND;
/** Time constant of the rate, as in the database (`sql/upsert-gateway-replay.ts`). */
const RATE_MS = 30 * SECOND;

/**
 * How far each gateway's backlog has come, as rows (`metering.gateway_replay`) and in sum. Gathered in memory and written every
 * two seconds: progress is worth less than a reading. What a killed process had not written is missing from the count of
 * that backlog, not from the readings.
 */
export class ReplayProgress {
  readonly #db: Db;
  readonly #log: Logger;
  readonly #changes = new Map<number, ReplayChange>();
  #perS = 0;
  #ratedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  constructor(db: Db, log: Logger) {
    this.#db = db;
    this.#log = log;
  }

  /** Replayed readings per second, all gateways together. */
  get ratePerS(): number {
    this.#decay();
    return Math.round(this.#perS);
  }

  start(): void {
    this.#timer = setInterval(() => this.#flush(), FLUSH_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flushing;
    this.#flush();
    await this.#flushing;
  }

  committed(gatewayId: number, readings: number): void {
    this.#of(gatewayId).readings += readings;
    this.#decay();
    this.#perS += (readings * SECOND) / RATE_MS;
  }

  granted(gatewayId: number, perS: number): void {
    this.#of(gatewayId).grantedPerS = perS;
  }

  #of(gatewayId: number): ReplayChange {
    const known = this.#changes.get(gatewayId) ?? { gatewayId, readings: 0, grantedPerS: 0 };
    this.#changes.set(gatewayId, known);
    return known;
  }

  #decay(): void {
    const now = performance.now();
    this.#perS *= Math.exp((this.#ratedAt - now) / RATE_MS);
    this.#ratedAt = now;
  }

  #flush(): void {
    if (this.#flushing || this.#changes.size === 0) return;
    const changes = [...this.#changes.values()];
    this.#changes.clear();
    this.#flushing = upsertGatewayReplay(this.#db, changes)
      .catch((error: Error) => {
        this.#log.debug({ err: error }, 'progress of backlogs not written, tried again');
        for (const { gatewayId, readings, grantedPerS } of changes) {
          const newer = this.#of(gatewayId);
          newer.readings += readings;
          newer.grantedPerS ||= grantedPerS;
        }
      })
      .finally(() => {
        this.#flushing = undefined;
      });
  }
}
