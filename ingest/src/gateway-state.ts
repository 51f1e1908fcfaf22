import { GatewayEvent, GatewayMeta, GatewayState, MINUTE, SECOND } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import type { Metrics } from './metrics.ts';
import type { GatewayEntry } from './registry/load.ts';
import {
  type ClockSaid,
  type GatewayChange,
  markAllOffline,
  simulatedGateways,
  upsertGatewayState,
} from './sql/upsert-gateway-state.ts';

const FLUSH_MS = 200;
/** A gateway that speaks HTTP has no connection: it counts as connected until it has been silent for two intervals of 15 min. */
const SILENCE_MS = 30 * MINUTE;
/** Telemetry proves that a gateway lives; once in ten seconds is enough to say so. */
const TOUCH_MS = 10 * SECOND;

export interface GatewayStatesOptions {
  db: Db;
  log: Logger;
  metrics: Metrics;
  clock: Clock;
  /** False with an outside broker: who is connected is told by its retained states, and other processes serve some of them. */
  ownConnections: boolean;
}

/**
 * What is known of the gateways themselves: connected, last seen, outbox, clock, firmware. Changes are merged in memory and
 * written together; a heartbeat is worth less than a reading, so nobody waits for its commit.
 */
export class GatewayStates {
  readonly #options: GatewayStatesOptions;
  readonly #changes = new Map<number, GatewayChange>();
  readonly #touchedAt = new Map<number, number>();
  readonly #simulated = new Set<number>();
  /** Readings that wait in each gateway's outbox, as it last said. */
  readonly #outboxes = new Map<number, number>();
  /** Gateways that count as connected because of a request, with its time. */
  readonly #heardAt = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  constructor(options: GatewayStatesOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { db, clock, ownConnections } = this.#options;
    if (ownConnections) await markAllOffline(db, clock.now());
    for (const id of await simulatedGateways(db)) this.#simulated.add(id);
    this.#timer = setInterval(() => {
      this.#forgetSilent();
      this.#flush();
    }, FLUSH_MS);
  }

  /** Writes what is left, once; what the database does not take now, the next heartbeats will bring again. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flushing;
    this.#flush();
    await this.#flushing;
  }

  /** Readings that wait in the outboxes of all gateways that were heard here. */
  get outboxReadings(): number {
    let total = 0;
    for (const readings of this.#outboxes.values()) total += readings;
    return total;
  }

  /** True for a gateway whose time is injected: registered as such, or announced by itself. */
  isSimulated(gateway: GatewayEntry): boolean {
    return gateway.simulatedTime || this.#simulated.has(gateway.id);
  }

  connected(gateway: GatewayEntry): void {
    const now = this.#options.clock.now();
    this.#change({ gatewayId: gateway.id, online: true, changedAt: now, lastSeenAt: now });
  }

  disconnected(gateway: GatewayEntry): void {
    this.#change({ gatewayId: gateway.id, online: false, changedAt: this.#options.clock.now() });
  }

  touched(gateway: GatewayEntry): void {
    const now = this.#options.clock.now();
    if (now - (this.#touchedAt.get(gateway.id) ?? Number.NEGATIVE_INFINITY) < TOUCH_MS) return;
    this.#touchedAt.set(gateway.id, now);
    this.#change({ gatewayId: gateway.id, lastSeenAt: now });
  }

  /** A request over HTTP: connected, as far as that can be said. */
  heard(gateway: GatewayEntry): void {
    const now = this.#options.clock.now();
    const before = this.#heardAt.get(gateway.id);
    // first in the map is who has been silent longest
    this.#heardAt.delete(gateway.id);
    this.#heardAt.set(gateway.id, now);
    if (before === undefined) this.connected(gateway);
    else this.touched(gateway);
  }

  /**
   * `up/state`: heartbeat, farewell or last will.
   *
   * @param retained the broker's memory of it: true still, but no sign of life now
   * @returns false when it cannot be parsed
   */
  heartbeat(gateway: GatewayEntry, payload: Buffer, retained = false): boolean {
    const state = parse(GatewayState, payload);
    if (!state) return false;
    const now = this.#options.clock.now();
    const online = state.state === 'online';
    if (state.outboxReadings !== undefined) this.#outboxes.set(gateway.id, state.outboxReadings);
    this.#change({
      gatewayId: gateway.id,
      online,
      changedAt: now,
      // a last will tells when the broker lost the gateway, not when the gateway was last heard
      ...(online && !retained ? { lastSeenAt: now } : {}),
      ...(state.at === undefined || retained ? {} : { clockOffsetMs: state.at - now, clock: clockOf(state, now) }),
      ...(state.outboxReadings === undefined
        ? {}
        : { outbox: { readings: state.outboxReadings, oldestAt: storableTime(state.outboxOldestAt) } }),
    });
    return true;
  }

  /** `up/meta`: birth. @returns false when it cannot be parsed */
  birth(gateway: GatewayEntry, payload: Buffer, retained = false): boolean {
    const meta = parse(GatewayMeta, payload);
    if (!meta) return false;
    const { firmware, simulatedTime } = meta;
    if (simulatedTime) this.#simulated.add(gateway.id);
    else this.#simulated.delete(gateway.id);
    this.#change({
      gatewayId: gateway.id,
      firmware,
      simulatedTime,
      ...(retained ? {} : { lastSeenAt: this.#options.clock.now() }),
    });
    return true;
  }

  /** `up/event`: counted and logged. @returns false when it cannot be parsed */
  event(gateway: GatewayEntry, payload: Buffer): boolean {
    const event = parse(GatewayEvent, payload);
    if (!event) return false;
    this.#options.metrics.events.inc();
    this.#options.log.info({ gateway: gateway.code, kind: event.kind, at: event.at, detail: event.detail }, 'event');
    return true;
  }

  #forgetSilent(): void {
    const now = this.#options.clock.now();
    for (const [gatewayId, heardAt] of this.#heardAt) {
      if (now - heardAt < SILENCE_MS) return;
      this.#heardAt.delete(gatewayId);
      this.#change({ gatewayId, online: false, changedAt: now });
    }
  }

  #change(change: GatewayChange): void {
    this.#changes.set(change.gatewayId, { ...this.#changes.get(change.gatewayId), ...change });
  }

  #flush(): void {
    if (this.#flushing || this.#changes.size === 0) return;
    const changes = [...this.#changes.values()];
    this.#changes.clear();
    this.#flushing = upsertGatewayState(this.#options.db, changes)
      .catch((error: Error) => {
        this.#options.log.debug({ err: error }, 'gateway states not written, tried again');
        // newer changes win over those that come back
        for (const change of changes) {
          this.#changes.set(change.gatewayId, { ...change, ...this.#changes.get(change.gatewayId) });
        }
      })
      .finally(() => {
        this.#flushing = undefined;
      });
  }
}

function parse<T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
  payload: Buffer,
): T | undefined {
  try {
    const result = schema.safeParse(JSON.parse(payload.toString('utf8')));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}

/** int8 is wide enough for any clock; a float that is none is nobody's time. */
const storableMs = (ms: number | undefined): number | null =>
  ms !== undefined && Math.abs(ms) <= Number.MAX_SAFE_INTEGER ? Math.round(ms) : null;

const clockOf = (state: GatewayState, saidAt: number): ClockSaid => ({
  state: state.clock ?? null,
  wallAt: storableTime(state.at),
  monotonicMs: storableMs(state.monotonicMs),
  bootId: state.bootId ?? null,
  serverOffsetMs: storableMs(state.serverOffsetMs),
  saidAt,
});

const LATEST_TIME = Date.UTC(2100, 0, 1);

/** A gateway's own stamp, when it is one at all. */
const storableTime = (t: number | undefined): number | null =>
  t !== undefined && t >= 0 && t < LATEST_TIME ? t : null;
