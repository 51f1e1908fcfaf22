import { once } from 'node:events';
import type { Server } from 'node:net';
import { type BatchAck, downTopic, SECOND, type UpKind } from '@ganzhi/schemas';
import { listen } from '@ganzhi/schemas/health';
import { Aedes, type Client } from 'aedes';
import type { Logger } from 'pino';
import type { Dialect } from '../dialects/dialect.ts';
import type { Metrics } from '../metrics.ts';
import type { GatewayEntry } from '../registry/load.ts';
import { authenticateGateway, type GatewayLookup } from './authenticate.ts';
import { maySubscribe, publishRight } from './authorize.ts';
import type { Link } from './link.ts';
import { createListener } from './listener.ts';

/** A reconnect storm of a whole city must fit into the queue of the listening socket. */
const BACKLOG = 4_096;
const CONNECT_TIMEOUT_MS = 10 * SECOND;
const MAX_FILTERS = 32;
const NOT_AUTHORISED = 5;

export interface BrokerHandlers {
  /** Resolves when the message is stored; the PUBACK goes out then. Rejects to cut the connection without it. */
  telemetry(
    gateway: GatewayEntry,
    payload: Buffer,
    sender: AbortSignal,
    dialect?: Dialect,
  ): Promise<BatchAck | undefined>;
  /** State, birth, event. False: not understood. */
  notice(kind: Exclude<UpKind, 'telemetry'>, gateway: GatewayEntry, payload: Buffer): boolean;
  connected(gateway: GatewayEntry): void;
  disconnected(gateway: GatewayEntry): void;
}

export interface BrokerOptions {
  registry: GatewayLookup;
  handlers: BrokerHandlers;
  metrics: Metrics;
  log: Logger;
}

/** An authenticated connection: whose it is, and the signal that it has ended. */
interface Session {
  gateway: GatewayEntry;
  ended: AbortController;
  filters: Set<string>;
}

/**
 * The embedded broker (aedes, MQTT 3.1.1). Nothing passes from gateway to gateway and nothing is retained: a message ends
 * in the handlers, which run before the PUBACK. Redelivery after a break is the outbox's work, so no session is stored either.
 */
export class Broker {
  readonly #options: BrokerOptions;
  readonly #sessions = new WeakMap<Client, Session>();
  readonly #clients = new Set<Client>();
  readonly #links = new WeakMap<Client, Link>();
  #aedes: Aedes | undefined;
  #server: Server | undefined;

  constructor(options: BrokerOptions) {
    this.#options = options;
  }

  get clients(): number {
    return this.#clients.size;
  }

  get listening(): boolean {
    return this.#server?.listening ?? false;
  }

  /** @returns the port in use */
  async start(host: string, port: number): Promise<number> {
    const aedes = await Aedes.createBroker({
      connectTimeout: CONNECT_TIMEOUT_MS,
      preConnect: (client, packet, done) => {
        const link = this.#links.get(client);
        if (link) {
          // kept by the link, see there
          link.keepaliveS = packet.keepalive ?? 0;
          packet.keepalive = 0;
        }
        done(null, true);
      },
      authenticate: (client, username, password, done) => {
        void this.#authenticate(client, username, password).then((known) => {
          if (known) done(null, true);
          else done(Object.assign(new Error('not authorised'), { returnCode: NOT_AUTHORISED }), null);
        });
      },
      authorizePublish: (client, packet, done) => {
        // nobody may read up/…, so a retained copy would only hold memory
        packet.retain = false;
        const session = client ? this.#sessions.get(client) : undefined;
        if (session) this.#publish(session, packet.topic, toBuffer(packet.payload), done);
        else done(new Error('not permitted'));
      },
      authorizeSubscribe: (client, subscription, done) => {
        const session = this.#sessions.get(client);
        const granted = session !== undefined && this.#grant(session, subscription.topic);
        if (!granted) this.#countMessage('subscribe-denied');
        done(null, granted ? subscription : null);
      },
      // what gateways publish ends in the handlers: only the server's own messages go down, each to its gateway
      authorizeForward: (client, packet) => {
        const code = this.#sessions.get(client)?.gateway.code;
        return code !== undefined && packet.topic.startsWith(downTopic(code, 'ack').slice(0, -'ack'.length))
          ? packet
          : null;
      },
    });
    this.#aedes = aedes;
    this.#follow(aedes);
    const server = createListener(
      (socket, link) => void this.#links.set(aedes.handle(socket), link),
      (fault) => this.#countMessage(fault),
    );
    this.#server = server;
    const actual = await listen(server, { host, port, backlog: BACKLOG });
    server.on('error', (error) => this.#options.log.warn({ err: error }, 'a connection was not accepted'));
    return actual;
  }

  /** Closes connections of gateways that the registry no longer lets in as they came: disabled, or with a new token. */
  enforceRegistry(): void {
    for (const client of this.#clients) {
      const session = this.#sessions.get(client);
      if (!session) continue;
      const then = session.gateway;
      const now = this.#options.registry.gateway(then.code);
      if (now && samePass(now, then)) session.gateway = now;
      else client.close();
    }
  }

  /** No new connections from now on; those that are there stay until `stop`. */
  stopListening(): void {
    this.#server?.close();
  }

  async stop(): Promise<void> {
    const { aedes, server } = { aedes: this.#aedes, server: this.#server };
    const closed = server?.listening ? once(server, 'close') : undefined;
    server?.close();
    if (aedes) await new Promise<void>((done) => aedes.close(() => done()));
    await closed;
  }

  async #authenticate(client: Client, username: string | undefined, password: Buffer | undefined): Promise<boolean> {
    const gateway = await authenticateGateway(this.#options.registry, client.id, username, password);
    this.#options.metrics.connects.inc({ result: gateway ? 'accepted' : 'refused' });
    if (gateway) {
      // a client of another maker may not choose a name that would end somebody else's connection
      client.id = gateway.code;
      this.#sessions.set(client, { gateway, ended: new AbortController(), filters: new Set() });
    }
    return gateway !== undefined;
  }

  #grant({ gateway, filters }: Session, filter: string): boolean {
    if (!maySubscribe(gateway, filter) || filters.size >= MAX_FILTERS) return false;
    filters.add(filter);
    return true;
  }

  #publish({ gateway, ended }: Session, topic: string, payload: Buffer, done: (error?: Error | null) => void): void {
    const right = publishRight(gateway, topic);
    if (right === 'telemetry' || typeof right === 'function') {
      const dialect = typeof right === 'function' ? right : undefined;
      this.#options.handlers.telemetry(gateway, payload, ended.signal, dialect).then(
        (ack) => {
          done(null);
          if (ack && !dialect) this.#acknowledge(gateway, ack);
        },
        (error: Error) => done(error),
      );
      return;
    }
    if (right === 'deny') {
      this.#countMessage('denied');
      done(new Error('not permitted'));
      return;
    }
    if (right === 'ignore') this.#countMessage('ignored');
    else if (!this.#options.handlers.notice(right, gateway, payload)) this.#countMessage('invalid');
    done(null);
  }

  /** QoS 0: lost only with the connection, and then the gateway sends the batch again and is answered again. */
  #acknowledge(gateway: GatewayEntry, ack: BatchAck): void {
    this.#aedes?.publish(
      {
        cmd: 'publish',
        topic: downTopic(gateway.code, 'ack'),
        payload: Buffer.from(JSON.stringify(ack)),
        qos: 0,
        retain: false,
        dup: false,
      },
      () => undefined,
    );
  }

  #follow(aedes: Aedes): void {
    const { handlers, log } = this.#options;
    aedes.on('client', (client) => {
      this.#clients.add(client);
      const session = this.#sessions.get(client);
      if (session) handlers.connected(session.gateway);
    });
    aedes.on('clientReady', (client) => this.#links.get(client)?.keepAlive());
    aedes.on('clientDisconnect', (client) => {
      this.#clients.delete(client);
      const session = this.#sessions.get(client);
      session?.ended.abort(new Error('connection closed'));
      if (session) handlers.disconnected(session.gateway);
    });
    aedes.on('clientError', (client, error) => log.debug({ client: client.id, err: error }, 'client closed'));
    aedes.on('connectionError', (_client, error) => log.debug({ err: error }, 'connection closed'));
  }

  #countMessage(result: string): void {
    this.#options.metrics.messages.inc({ source: 'mqtt', result });
  }
}

/** Enabled, and let in by what still holds. */
const samePass = (now: GatewayEntry, then: GatewayEntry): boolean =>
  now.enabled && now.dialect === then.dialect && now.tokenSha256.equals(then.tokenSha256);

const toBuffer = (payload: string | Buffer): Buffer => (typeof payload === 'string' ? Buffer.from(payload) : payload);
