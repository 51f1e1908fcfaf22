import { BlockList, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { type BatchAck, MINUTE, SECOND } from '@ganzhi/schemas';
import { listen } from '@ganzhi/schemas/health';
import type { Logger } from 'pino';
import type { GatewayLookup } from '../../broker/authenticate.ts';
import type { Clock } from '../../clock.ts';
import { ministryReport } from '../../dialects/ministry.ts';
import { decoderOf, type TagContext } from '../../dialects/translate.ts';
import type { Metrics } from '../../metrics.ts';
import { type Decoder, isDecoded } from '../../pipeline/decode.ts';
import type { Delivery } from '../../pipeline/pipeline.ts';
import { poisonMessage } from '../../pipeline/quarantine.ts';
import type { GatewayEntry } from '../../registry/load.ts';
import type { CollectorProfile } from './profile.ts';
import { type CollectorLimits, Session } from './session.ts';

export interface CollectorDoorOptions {
  profile: CollectorProfile;
  /** Address unless the profile names one. */
  host: string;
  registry: GatewayLookup;
  target: (gateway: GatewayEntry) => TagContext['target'];
  accept: (delivery: Delivery) => Promise<BatchAck | undefined>;
  connected: (gateway: GatewayEntry) => void;
  disconnected: (gateway: GatewayEntry) => void;
  heard: (gateway: GatewayEntry) => void;
  metrics: Metrics;
  clock: Clock;
  log: Logger;
  limits?: CollectorLimits;
}

const LIMITS: CollectorLimits = { loginMs: 30 * SECOND, frameMs: 30 * SECOND, idleMs: 5 * MINUTE, failPauseMs: SECOND };
const SWEEP_MS = SECOND;
const MAX_CONNECTIONS = 4_096;
/** Connections that have not logged in; beyond that the oldest goes, so that a flood of them keeps nobody out. */
const MAX_STRANGERS = 256;
const BACKLOG = 1_024;

/**
 * The ministry's XML over TCP, one dialect on one port. Only listed addresses are heard; a message with data is acknowledged
 * after its commit, and a collector keeps what was not acknowledged.
 */
export class CollectorDoor {
  readonly #options: CollectorDoorOptions;
  readonly #allowed: BlockList;
  readonly #server: Server;
  readonly #strangers = new Set<Session>();
  /** By gateway. A collector that logs in again has lost its other connection, whatever TCP thinks. */
  readonly #sessions = new Map<number, Session>();
  readonly #sweeper: NodeJS.Timeout;

  constructor(options: CollectorDoorOptions) {
    this.#options = options;
    this.#allowed = blockListOf(options.profile.allow);
    this.#server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: MINUTE }, (socket) =>
      this.#meet(socket),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#sweeper = setInterval(() => this.#sweep(), Math.min(SWEEP_MS, (options.limits ?? LIMITS).loginMs));
  }

  /** Collectors that are logged in. */
  get sessions(): number {
    return this.#sessions.size;
  }

  /** @returns the port in use @throws GanzhiError `port-taken` or `no-permission` */
  async start(): Promise<number> {
    const { profile, host, log } = this.#options;
    const port = await listen(this.#server, {
      host: profile.host ?? host,
      port: profile.port,
      backlog: BACKLOG,
      setting: 'GANZHI_COLLECTORS',
    });
    this.#server.on('error', (error) => log.warn({ err: error }, 'a connection was not accepted'));
    return port;
  }

  /** Ends connections of gateways that the registry no longer lets in. */
  enforceRegistry(): void {
    for (const session of this.#sessions.values()) {
      const then = session.gateway;
      const now = then && this.#options.registry.gateway(then.code);
      if (now && now.id === then.id && mayEnter(now)) session.gateway = now;
      else session.socket.destroy();
    }
  }

  stopListening(): void {
    this.#server.close();
  }

  /** Ends all connections. Resolves when none is left. */
  async stop(): Promise<void> {
    clearInterval(this.#sweeper);
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    for (const { socket } of [...this.#strangers, ...this.#sessions.values()]) socket.destroy();
    await closed;
  }

  #meet(socket: Socket): void {
    const { profile, clock, log, metrics, registry, heard } = this.#options;
    if (!isAllowed(this.#allowed, socket.remoteAddress ?? '')) {
      metrics.collectorLogins.inc({ result: 'foreign-address' });
      socket.destroy();
      return;
    }
    const session = new Session(socket, {
      profile,
      limits: this.#options.limits ?? LIMITS,
      clock,
      log,
      gateway: async (code) => {
        if (!registry.gateway(code)) await registry.lookAgain();
        const gateway = registry.gateway(code);
        return gateway && mayEnter(gateway) ? gateway : undefined;
      },
      store: (gateway, xml, kind, sender) => this.#store(gateway, xml, kind, sender),
      onLogin: (who, passed) => this.#greet(who, passed),
      onHeartbeat: heard,
      onMessage: (result) => metrics.messages.inc({ source: 'collector', result }),
    });
    this.#strangers.add(session);
    socket.once('close', () => this.#part(session));
    if (this.#strangers.size > MAX_STRANGERS) {
      const [oldest] = this.#strangers;
      metrics.collectorLogins.inc({ result: 'crowded-out' });
      oldest?.socket.destroy();
      if (oldest) this.#strangers.delete(oldest);
    }
  }

  #greet(session: Session, passed: boolean): void {
    const { metrics, connected } = this.#options;
    metrics.collectorLogins.inc({ result: passed ? 'accepted' : 'refused' });
    const { gateway } = session;
    if (!gateway) return;
    this.#strangers.delete(session);
    const before = this.#sessions.get(gateway.id);
    this.#sessions.set(gateway.id, session);
    before?.socket.destroy();
    connected(gateway);
  }

  #part(session: Session): void {
    this.#strangers.delete(session);
    const { gateway } = session;
    if (!gateway || this.#sessions.get(gateway.id) !== session) return;
    this.#sessions.delete(gateway.id);
    this.#options.disconnected(gateway);
  }

  async #store(gateway: GatewayEntry, xml: Buffer, kind: string, sender: AbortSignal): Promise<void> {
    const { accept, target, profile } = this.#options;
    const good = new Set(profile.goodErrors);
    const decode = decoderOf((payload) => ministryReport(payload.toString('utf8'), good), {
      gateway: gateway.code,
      target: target(gateway),
    });
    // it is acknowledged, and forgotten there then: what cannot be read is kept whole, not by its head
    const decoder: Decoder = (payload, now) => {
      const decoded = decode(payload, now);
      if (isDecoded(decoded)) return decoded;
      return {
        batch: undefined,
        quarantined: [poisonMessage('invalid-payload', decoded.quarantined[0].detail, payload)],
      };
    };
    const lane = kind === 'continuous' ? 'replay' : 'live';
    await accept({ gateway, payload: xml, sender, source: 'collector', decoder, lane });
  }

  #sweep(): void {
    const now = performance.now();
    for (const session of [...this.#strangers, ...this.#sessions.values()]) {
      const why = session.overdue(now);
      if (why === undefined) continue;
      this.#options.log.debug({ why, gateway: session.gateway?.code }, 'collector connection cut');
      session.socket.destroy();
    }
  }
}

/** Its weak log-in opens the door of a collector, never the name of a gateway with a token. */
const mayEnter = ({ enabled, dialect }: GatewayEntry): boolean => enabled && dialect === 'ministry';

function blockListOf(allow: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of allow) {
    const [address = '', prefix] = entry.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

function isAllowed(list: BlockList, remote: string): boolean {
  const address = remote.replace(/^::ffff:(?=\d+\.)/i, '');
  return address !== '' && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
