import { randomBytes } from 'node:crypto';
import {
  type BatchAck,
  CARE_KINDS,
  type CareKind,
  type DownKind,
  downTopic,
  isCareKind,
  type NoticeKind,
  parseTopic,
  TOPIC_ROOT,
  type UpKind,
} from '@ganzhi/schemas';
import type { IPublishPacket } from 'mqtt';
import type { Logger } from 'pino';
import type { Metrics } from '../../metrics.ts';
import type { GatewayEntry } from '../../registry/load.ts';
import { Connection } from './connection.ts';

export interface OutsideBroker {
  /** mqtt:// or mqtts://. */
  url: string;
  username?: string;
  password?: string;
  /** Connections that take telemetry; see {@link TELEMETRY_CONNECTIONS}. */
  connections?: number;
}

export interface OutsideHandlers {
  telemetry(gateway: GatewayEntry, payload: Buffer, sender: AbortSignal): Promise<BatchAck | undefined>;
  /** A message of nobody we know: kept. Resolves after the commit. */
  stranger(code: string, payload: Buffer, sender: AbortSignal, why: string): Promise<BatchAck | undefined>;
  /** State, birth, event; `retained`: the broker's memory of it, not news. False: not understood. */
  notice(kind: NoticeKind, gateway: GatewayEntry, payload: Buffer, retained?: boolean): boolean;
  /** An answer of remote care. Resolves when it is kept; false: not understood. */
  care(kind: CareKind, gateway: GatewayEntry, payload: Buffer): Promise<boolean>;
}

export interface OutsideOptions {
  broker: OutsideBroker;
  registry: { gateway(code: string): GatewayEntry | undefined; lookAgain(): Promise<void> };
  handlers: OutsideHandlers;
  metrics: Metrics;
  log: Logger;
}

/**
 * The client library hands over one message at a time per connection and waits until it is acknowledged, so this many messages
 * share a transaction. A commit takes some 50 ms: 64 connections are room for 1,280 messages a second and more.
 */
const TELEMETRY_CONNECTIONS = 64;
/** The share's name: all ingest processes of one installation divide the messages among them. */
const share = (kind: UpKind): string => `$share/ganzhi/${TOPIC_ROOT}/+/up/${kind}`;

/**
 * MQTT with a broker that is not ours (Mosquitto, EMQX): a client of it through shared subscriptions, beside as many other ingest
 * processes as there are. The broker's delivery is acknowledged after the commit, the gateway's batch on `down/ack`. Who may
 * connect and publish where is the broker's to check; the gateway's code is taken from the topic.
 */
export class OutsideDoor {
  readonly #options: OutsideOptions;
  readonly #connections: Connection[];

  constructor(options: OutsideOptions) {
    this.#options = options;
    const { broker, log } = options;
    // unique: a broker ends the older of two connections of one name
    const name = `ganzhi-ingest-${randomBytes(6).toString('hex')}`;
    const connection = (suffix: string, filters: readonly string[]): Connection =>
      new Connection({
        ...broker,
        log,
        clientId: `${name}-${suffix}`,
        filters,
        take: (packet, from) => this.#take(packet, from),
      });
    this.#connections = [
      // states and births are retained, which a shared subscription never delivers: every process reads them all
      connection('state', [
        share('event'),
        ...CARE_KINDS.map(share),
        `${TOPIC_ROOT}/+/up/state`,
        `${TOPIC_ROOT}/+/up/meta`,
      ]),
      ...Array.from({ length: broker.connections ?? TELEMETRY_CONNECTIONS }, (_, k) =>
        connection(String(k), [share('telemetry')]),
      ),
    ];
  }

  /** Connections to the broker, not gateways: those are the broker's to count. */
  get clients(): number {
    return this.#connections.filter(({ subscribed }) => subscribed).length;
  }

  /** True when messages can come. */
  get listening(): boolean {
    return this.clients === this.#connections.length;
  }

  /** Sends to one gateway; what is lost is sent again after its next birth. */
  send(code: string, kind: DownKind, body: unknown): void {
    this.#connections[0]?.publish(downTopic(code, kind), JSON.stringify(body));
  }

  /** Connects, and goes on trying: a broker that comes later is found. @returns 0, no port of ours */
  start(): Promise<number> {
    for (const connection of this.#connections) connection.start();
    return Promise.resolve(0);
  }

  /** Who is let in is the broker's affair; a disabled gateway's messages are kept for a person, see `stranger`. */
  enforceRegistry(): void {}

  /** Takes nothing more; what is under way may still be answered. */
  stopListening(): void {
    for (const connection of this.#connections) connection.deafen();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.stop()));
  }

  /** Resolves when the message may be acknowledged to the broker. */
  async #take(packet: IPublishPacket, from: Connection): Promise<void> {
    const topic = parseTopic(packet.topic);
    if (topic?.direction !== 'up') return this.#count('ignored');
    const { gateway: code, kind } = topic;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    const { registry, handlers } = this.#options;
    if (!registry.gateway(code)) await registry.lookAgain();
    const gateway = registry.gateway(code);
    if (kind === 'telemetry') {
      const ack = gateway?.enabled
        ? await handlers.telemetry(gateway, payload, from.ended)
        : await handlers.stranger(
            code,
            payload,
            from.ended,
            gateway ? 'the gateway is disabled' : 'register it, then replay',
          );
      if (ack) from.publish(downTopic(code, 'ack'), JSON.stringify(ack));
    } else if (!gateway?.enabled) this.#count('denied');
    else if (isCareKind(kind)) {
      if (!(await handlers.care(kind, gateway, payload))) this.#count('invalid');
    } else if (!handlers.notice(kind, gateway, payload, packet.retain)) this.#count('invalid');
  }

  #count(result: string): void {
    this.#options.metrics.messages.inc({ source: 'mqtt', result });
  }
}
