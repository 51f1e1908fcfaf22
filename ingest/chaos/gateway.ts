import { randomUUID } from 'node:crypto';
import { BatchAck, downTopic, type TelemetryBatch, upTopic } from '@ganzhi/schemas';
import { fixtureToken } from '@ganzhi/schemas/testing';
import mqtt, { type MqttClient } from 'mqtt';
import type { Seeded } from './seeded.ts';

export const READINGS_PER_BATCH = 20;
export const START = Date.UTC(2026, 0, 1);
export const EVERY_MS = 30_000;
const WINDOW = 8;
const RECONNECT_MS = 200;

export interface GatewayOptions {
  code: string;
  meter: string;
  port: number;
  keepaliveS: number;
  /** An unanswered batch is sent again after this long. */
  patienceMs: number;
  random: Seeded;
  /** Pause before a broken connection is made again; 200 ms unless said. */
  reconnectMs?: () => number;
}

/**
 * A gateway that keeps books: it makes numbered readings, keeps each batch until it is acknowledged on `down/ack`, sends again what
 * is not, and misbehaves as gateways do: the same batch twice, batches in reverse, a connection cut in the middle of a message.
 */
export class ChaosGateway {
  readonly #options: GatewayOptions;
  readonly #outbox = new Map<string, { batch: TelemetryBatch; sentAt: number }>();
  readonly acknowledged: string[] = [];
  readonly refused: BatchAck[] = [];
  #client: MqttClient | undefined;
  #made = 0;
  #stopped = false;
  #looking: NodeJS.Timeout | undefined;
  reconnects = 0;
  repeated = 0;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  get code(): string {
    return this.#options.code;
  }

  get connected(): boolean {
    return this.#client?.connected ?? false;
  }

  get waiting(): number {
    return this.#outbox.size;
  }

  get batches(): number {
    return this.#made;
  }

  start(): void {
    this.#connect();
    this.#looking = setInterval(() => this.#send(), 100);
  }

  /** One more batch for the outbox. */
  make(): void {
    const first = this.#made * READINGS_PER_BATCH;
    const batch: TelemetryBatch = {
      v: 1,
      batch: randomUUID(),
      seq: this.#made,
      sentAt: new Date().toISOString(),
      replay: this.#options.random.chance(0.3),
      errors: [],
      readings: Array.from({ length: READINGS_PER_BATCH }, (_, i) => ({
        m: this.#options.meter,
        p: 'energy.import',
        t: START + (first + i) * EVERY_MS,
        x: first + i,
        q: 0,
      })),
    };
    this.#made += 1;
    this.#outbox.set(batch.batch, { batch, sentAt: Number.NEGATIVE_INFINITY });
  }

  /** Ends the connection in the middle of a message. */
  cut(): void {
    const stream = this.#client?.stream;
    if (!stream || !this.#client?.connected) return;
    // a PUBLISH that announces 4,096 bytes and brings a few
    stream.write(Buffer.from([0x32, 0x80, 0x20, 0x00, 0x05]));
    stream.write('ganzh', () => stream.destroy());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#looking);
    await this.#client?.endAsync(true).catch(() => undefined);
  }

  #connect(): void {
    const { code, port, keepaliveS } = this.#options;
    const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
      clientId: code,
      username: code,
      password: fixtureToken(code),
      protocolVersion: 4,
      keepalive: keepaliveS,
      connectTimeout: 3_000,
      reconnectPeriod: 0,
      queueQoSZero: false,
    });
    client.setMaxListeners(0);
    this.#client = client;
    client.on('error', () => undefined);
    client.on('connect', () => {
      client.subscribe(downTopic(code, 'ack'), { qos: 1 }, () => {
        for (const entry of this.#outbox.values()) entry.sentAt = Number.NEGATIVE_INFINITY;
        this.#send();
      });
    });
    client.on('message', (_topic, payload) => this.#onAck(BatchAck.parse(JSON.parse(payload.toString()))));
    client.on('close', () => {
      if (client !== this.#client) return;
      this.#client = undefined;
      client.end(true);
      this.reconnects += 1;
      if (!this.#stopped)
        setTimeout(() => !this.#stopped && this.#connect(), this.#options.reconnectMs?.() ?? RECONNECT_MS);
    });
  }

  /** The oldest unanswered ones, within the window; now and then in reverse or twice. */
  #send(): void {
    const client = this.#client;
    if (!client?.connected) return;
    const { random, patienceMs, code } = this.#options;
    const now = performance.now();
    const due = [...this.#outbox.values()].slice(0, WINDOW).filter(({ sentAt }) => now - sentAt > patienceMs);
    if (random.chance(0.2)) due.reverse();
    for (const entry of due) {
      if (entry.sentAt > 0) this.repeated += 1;
      entry.sentAt = now;
      const payload = JSON.stringify(entry.batch);
      for (let copies = random.chance(0.1) ? 2 : 1; copies > 0; copies -= 1) {
        client.publish(upTopic(code, 'telemetry'), payload, { qos: 1 }, () => undefined);
      }
    }
  }

  #onAck(ack: BatchAck): void {
    if (!this.#outbox.delete(ack.batch)) return;
    if (ack.status !== 'stored' || ack.rejected.length > 0) this.refused.push(ack);
    this.acknowledged.push(ack.batch);
    this.#send();
  }
}
