import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type BatchAck,
  type CareKind,
  type DownKind,
  downTopic,
  isCareKind,
  type NoticeKind,
  SECOND,
} from '@ganzhi/schemas';
import { listen } from '@ganzhi/schemas/health';
import { Aedes, type Client } from 'aedes';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import type { GatewayEntry } from '../registry/load.ts';
import { authenticateGateway, type GatewayLookup, isFirstUse, type Pass, stillHolds } from './authenticate.ts';
import { type Foreign, listens, mayHear, maySubscribe, publishRight } from './authorize.ts';
import { certificateOf, type PeerCertificate } from './certificate.ts';
import type { Link } from './link.ts';
import { createListener, type TlsIdentity } from './listener.ts';

/** A reconnect storm of a whole city must fit into the queue of the listening socket. */
const BACKLOG = 4_096;
const CONNECT_TIMEOUT_MS = 10 * SECOND;
const MAX_FILTERS = 32;
/** For closing what is open; the sockets are cut then. */
const CLOSE_MS = 3 * SECOND;
const NOT_AUTHORISED = 5;

export interface BrokerHandlers {
  /** Resolves when the message is stored; the PUBACK goes out then. Rejects to cut the connection without it. */
  telemetry(
    gateway: GatewayEntry,
    payload: Buffer,
    sender: AbortSignal,
    foreign?: Foreign,
  ): Promise<BatchAck | undefined>;
  /** State, birth, event. False: not understood. */
  notice(kind: NoticeKind, gateway: GatewayEntry, payload: Buffer): boolean;
  /** An answer of remote care. Resolves when it is kept: false when it was not understood. Rejects to cut the connection. */
  care(kind: CareKind, gateway: GatewayEntry, payload: Buffer): Promise<boolean>;
  /** A credential was used for the first time. */
  firstUse(pass: Pass): void;
  connected(gateway: GatewayEntry): void;
  disconnected(gateway: GatewayEntry): void;
}

export interface BrokerOptions {
  registry: GatewayLookup;
  handlers: BrokerHandlers;
  metrics: Metrics;
  log: Logger;
  /** For the validity of certificates. */
  clock: Clock;
}

/** An authenticated connection: whose it is, and the signal that it has ended. */
interface Session {
  gateway: GatewayEntry;
  pass: Pass;
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
  /** The live connection of each gateway, by client id. */
  readonly #clients = new Map<string, Client>();
  /** Every accepted connection, also those that are not in yet: aedes forgets one whose log-in it is still checking when it closes. */
  readonly #sockets = new Set<Socket>();
  readonly #links = new WeakMap<Client, Link>();
  readonly #certificates = new WeakMap<Client, PeerCertificate>();
  #aedes: Aedes | undefined;
  readonly #servers: Server[] = [];

  constructor(options: BrokerOptions) {
    this.#options = options;
  }

  get clients(): number {
    return this.#clients.size;
  }

  get listening(): boolean {
    return this.#servers.length > 0 && this.#servers.every((server) => server.listening);
  }

  /** @returns the port in use */
  async start(host: string, port: number): Promise<number> {
    const aedes = await Aedes.createBroker({
      connectTimeout: CONNECT_TIMEOUT_MS,
      // no limit: its queue is emptied by recursion, which thousands of reconnecting gateways drive over the end of the stack.
      // What may be under way is bounded by the pipeline's gate.
      concurrency: 0,
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
        this.#authenticate(client, username, password).then(
          (known) => {
            if (known) done(null, true);
            else done(Object.assign(new Error('not authorised'), { returnCode: NOT_AUTHORISED }), null);
          },
          (error: Error) => client.emit('error', error),
        );
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
        const gateway = this.#sessions.get(client)?.gateway;
        return gateway && mayHear(gateway, packet.topic) ? packet : null;
      },
    });
    this.#aedes = aedes;
    this.#follow(aedes);
    return this.#listen(aedes, host, port);
  }

  /** A second listener, with TLS; after `start`. @returns the port in use */
  async startTls(host: string, port: number, tls: TlsIdentity): Promise<number> {
    if (!this.#aedes) throw new Error('the broker is not started');
    return this.#listen(this.#aedes, host, port, tls);
  }

  async #listen(aedes: Aedes, host: string, port: number, tls?: TlsIdentity): Promise<number> {
    const server = createListener({
      tls,
      handle: (socket, link) => {
        const client = aedes.handle(socket);
        socket.once('close', () => this.#gone(client));
        const certificate = certificateOf(socket);
        this.#links.set(client, link);
        if (certificate) this.#certificates.set(client, certificate);
      },
      onFault: (fault) => this.#countMessage(fault),
    });
    this.#servers.push(server);
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    const actual = await listen(server, { host, port, backlog: BACKLOG });
    server.on('error', (error) => this.#options.log.warn({ err: error }, 'a connection was not accepted'));
    server.on('tlsClientError', (error) => this.#options.log.debug({ err: error }, 'no TLS handshake'));
    return actual;
  }

  /** Closes connections of gateways that the registry no longer lets in as they came: disabled, revoked, or with a new token. */
  enforceRegistry(): void {
    for (const client of this.#clients.values()) {
      const session = this.#sessions.get(client);
      if (session) this.#enforce(client, session);
    }
  }

  #enforce(client: Client, session: Session): void {
    const now = this.#options.registry.gateway(session.gateway.code);
    if (now && stillHolds(session.pass, now)) session.gateway = now;
    else {
      this.#options.metrics.cut.inc();
      client.close();
    }
  }

  /** Sends to one gateway, QoS 0: an order that is lost with the connection is sent again at the next birth. */
  send(code: string, kind: DownKind, body: unknown): void {
    const client = this.#clients.get(code);
    if (client) this.#deliver(client, downTopic(code, kind), Buffer.from(JSON.stringify(body)));
  }

  /** No new connections from now on; those that are there stay until `stop`. */
  stopListening(): void {
    for (const server of this.#servers) server.close();
  }

  async stop(): Promise<void> {
    const aedes = this.#aedes;
    const closed = this.#servers.map((server) => (server.listening ? once(server, 'close') : undefined));
    this.stopListening();
    // wills are said while the sockets close; whatever is left after the patience is no longer worth waiting for
    if (aedes)
      await Promise.race([
        new Promise<void>((done) => aedes.close(() => done())),
        delay(CLOSE_MS, undefined, { ref: false }),
      ]);
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  async #authenticate(client: Client, username: string | undefined, password: Buffer | undefined): Promise<boolean> {
    const { registry, clock, metrics, handlers } = this.#options;
    const presented = { clientId: client.id, username, password, certificate: this.#certificates.get(client) };
    const pass = await authenticateGateway(registry, presented, clock.now());
    metrics.connects.inc({ result: pass ? 'accepted' : 'refused' });
    if (pass) {
      const { gateway } = pass;
      // a client of another maker may not choose a name that would end somebody else's connection
      client.id = gateway.code;
      this.#sessions.set(client, { gateway, pass, ended: new AbortController(), filters: new Set() });
      if (isFirstUse(pass)) handlers.firstUse(pass);
    }
    return pass !== undefined;
  }

  #grant({ gateway, filters }: Session, filter: string): boolean {
    if (!maySubscribe(gateway, filter) || filters.size >= MAX_FILTERS) return false;
    filters.add(filter);
    return true;
  }

  #publish({ gateway, ended }: Session, topic: string, payload: Buffer, done: (error?: Error | null) => void): void {
    const right = publishRight(gateway, topic);
    if (right === 'telemetry' || typeof right !== 'string') {
      const foreign = right === 'telemetry' ? undefined : right;
      this.#options.handlers.telemetry(gateway, payload, ended.signal, foreign).then(
        (ack) => {
          done(null);
          // QoS 0: lost only with the connection, and then the gateway sends the batch again and is answered again
          if (ack && !foreign) this.send(gateway.code, 'ack', ack);
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
    if (isCareKind(right)) {
      this.#options.handlers.care(right, gateway, payload).then((understood) => {
        if (!understood) this.#countMessage('invalid');
        done(null);
      }, done);
      return;
    }
    if (right === 'ignore') this.#countMessage('ignored');
    else if (!this.#options.handlers.notice(right, gateway, payload)) this.#countMessage('invalid');
    done(null);
  }

  /**
   * Sends a message to the connection of one gateway, if it listens on the topic, or on what is below.
   *
   * @returns false when it does not
   */
  tell(gatewayId: number, topic: string, payload: Buffer): boolean {
    for (const client of this.#clients.values()) {
      if (this.#sessions.get(client)?.gateway.id === gatewayId) return this.#deliver(client, topic, payload);
    }
    return false;
  }

  /** Straight to the socket: the broker's own fan-out would let one slow reader hold up what is for the others. */
  #deliver(client: Client, topic: string, payload: Buffer): boolean {
    const filters = this.#sessions.get(client)?.filters;
    if (!filters || !listens(filters, topic)) return false;
    client.publish({ cmd: 'publish', topic, payload, qos: 0, retain: false, dup: false }, () => undefined);
    return true;
  }

  #follow(aedes: Aedes): void {
    const { handlers, log } = this.#options;
    aedes.on('client', (client) => {
      const before = this.#clients.get(client.id);
      if (before && before !== client) {
        this.#gone(before);
        before.close();
      }
      this.#clients.set(client.id, client);
      const session = this.#sessions.get(client);
      if (!session) return;
      handlers.connected(session.gateway);
      // the right may have been withdrawn between the log-in's check and now
      this.#enforce(client, session);
    });
    aedes.on('unsubscribe', (filters, client) => {
      for (const filter of filters) this.#sessions.get(client)?.filters.delete(filter);
    });
    aedes.on('clientReady', (client) => this.#links.get(client)?.keepAlive());
    aedes.on('clientDisconnect', (client) => this.#gone(client));
    aedes.on('clientError', (client, error) => log.debug({ client: client.id, err: error }, 'client closed'));
    aedes.on('connectionError', (_client, error) => log.debug({ err: error }, 'connection closed'));
  }

  /**
   * A connection has ended; told more than once. Not by aedes alone: of two connections of one gateway that overlap it forgets the
   * younger when the elder closes, and then never says that the younger is gone.
   */
  #gone(client: Client): void {
    const session = this.#sessions.get(client);
    session?.ended.abort(new Error('connection closed'));
    if (this.#clients.get(client.id) !== client) return;
    this.#clients.delete(client.id);
    if (session) this.#options.handlers.disconnected(session.gateway);
  }

  #countMessage(result: string): void {
    this.#options.metrics.messages.inc({ source: 'mqtt', result });
  }
}

const toBuffer = (payload: string | Buffer): Buffer => (typeof payload === 'string' ? Buffer.from(payload) : payload);
