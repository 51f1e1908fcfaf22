import type { BatchAck, DownKind } from '@ganzhi/schemas';
import { GanzhiError } from '@ganzhi/schemas';
import { assertMigrated, openDatabase } from '@ganzhi/schemas/db';
import { serveHealth } from '@ganzhi/schemas/health';
import type { Logger } from 'pino';
import type { Foreign } from './broker/authorize.ts';
import { Broker, type BrokerHandlers } from './broker/broker.ts';
import type { TlsIdentity } from './broker/listener.ts';
import { type Clock, systemClock } from './clock.ts';
import { rebirthCommand } from './dialects/sparkplug/payload.ts';
import { commandTopic } from './dialects/sparkplug/topic.ts';
import type { TagContext } from './dialects/translate.ts';
import { CollectorDoors } from './doors/collector/doors.ts';
import type { CollectorProfile } from './doors/collector/profile.ts';
import type { CollectorLimits } from './doors/collector/session.ts';
import { type HttpDoor, type HttpDoorOptions, startHttpDoor } from './doors/http/door.ts';
import { addEnrolmentRoutes } from './doors/http/enrolments.ts';
import { ForeignSpeech } from './doors/mqtt/foreign.ts';
import { type OutsideBroker, OutsideDoor, type OutsideHandlers } from './doors/mqtt/outside.ts';
import { keepStranger } from './doors/mqtt/stranger.ts';
import { Care } from './downlink/care.ts';
import { imageOfTicket } from './downlink/firmware.ts';
import { Enrolments } from './enrolment/enrolments.ts';
import { GatewayStates } from './gateway-state.ts';
import { createMetrics } from './metrics.ts';
import { type Delivery, Pipeline } from './pipeline/pipeline.ts';
import { QuarantineReplayer } from './quarantine/replayer.ts';
import type { GatewayEntry } from './registry/load.ts';
import { Registry } from './registry/registry.ts';

export interface IngestOptions {
  databaseUrl: string;
  mqttHost: string;
  /** 0: a free port. */
  mqttPort: number;
  httpHost: string;
  /** Health and metrics; 0: a free port. */
  httpPort: number;
  /** A broker that is not ours, used instead of the embedded one. */
  broker?: OutsideBroker;
  /** Port of `POST /api/v1/ingest/readings`; 0: a free port, absent: that door stays shut. */
  doorPort?: number;
  /** Address of that door; `httpHost` unless said. */
  doorHost?: string;
  /** Dialects of the ministry's XML over TCP, each on a port of its own; none unless said. */
  collectors?: readonly CollectorProfile[];
  /** Patience with them; for tests. */
  collectorLimits?: CollectorLimits;
  /** A second listener of the embedded broker, with TLS; gateways may present a client certificate there. */
  mqttTls?: { port: number } & TlsIdentity;
  /** Pause between two looks for orders to gateways; 5 s unless said. They are noticed at once otherwise. */
  carePollMs?: number;
  /** Longest wait of an HTTP request for its commit; 10 s unless said. */
  holdMs?: number;
  /** production refuses gateways with simulated time. */
  mode: 'demo' | 'production';
  /** Longest wait of a message before its transaction begins. */
  batchMs: number;
  /** Rows that make a transaction full. */
  batchRows: number;
  clock?: Clock;
  /** Pause between two looks for changes of the registry; 3 s unless said. */
  registryPollMs?: number;
  logger: Logger;
}

export interface Ingest {
  /** Of the embedded broker; 0 with an outside one. */
  mqttPort: number;
  /** Of the embedded broker with TLS; undefined when there is none. */
  mqttTlsPort: number | undefined;
  httpPort: number;
  /** Of the HTTP door; undefined when it is shut. */
  doorPort: number | undefined;
  /** Of the doors for collectors, in the order of their profiles. */
  collectorPorts: readonly number[];
  /** Takes no more, stores what was received, says good-bye. Resolves when no socket and no connection is left. */
  stop(): Promise<void>;
}

/** MQTT by our own broker or as a client of another: the same to everything behind it. */
interface MqttDoor {
  /** Connected gateways (embedded) or connections to the broker (outside). */
  readonly clients: number;
  readonly listening: boolean;
  start(host: string, port: number): Promise<number>;
  enforceRegistry(): void;
  send(gateway: string, kind: DownKind, body: unknown): void;
  stopListening(): void;
  stop(): Promise<void>;
}

/** Two write, one follows with the latest values, one listens for orders, one replays the quarantine; the rest is for looks at the registry and states. */
const CONNECTIONS = 7;
const REGISTRY_POLL_MS = 3_000;

/**
 * Starts the broker and the way to the database.
 *
 * @throws GanzhiError `database-unreachable`, `database-too-old`, `database-behind`, `port-taken` or `no-permission`; then
 *   nothing is left running
 */
export async function startIngest(options: IngestOptions): Promise<Ingest> {
  const { databaseUrl, mode, clock = systemClock, logger: log, batchMs, batchRows } = options;
  const db = await openDatabase({
    url: databaseUrl,
    role: 'ganzhi_ingest',
    max: CONNECTIONS,
    name: 'ganzhi ingest',
    onError: (error) => log.debug({ err: error }, 'idle database connection lost'),
  });
  const metrics = createMetrics({
    db,
    queuedReadings: () => pipeline.queuedReadings,
    clients: () => broker.clients,
    replay: () => pipeline.replay,
    outboxReadings: () => states.outboxReadings,
    collectors: () => collectors.sessions,
  });
  const registry = new Registry({
    db,
    log,
    pollMs: options.registryPollMs ?? REGISTRY_POLL_MS,
    onReload: () => {
      broker.enforceRegistry();
      collectors.enforceRegistry();
    },
  });
  const states = new GatewayStates({ db, log, metrics, clock, ownConnections: options.broker === undefined });
  const refuseSimulated = (gateway: GatewayEntry): boolean => mode === 'production' && states.isSimulated(gateway);
  const pipeline = new Pipeline({
    db,
    log,
    metrics,
    clock,
    registry,
    batchMs,
    batchRows,
    refuseSimulated,
  });
  const accept = (delivery: Delivery): Promise<BatchAck | undefined> => {
    if (delivery.source === 'http') states.heard(delivery.gateway);
    else states.touched(delivery.gateway);
    return pipeline.accept(delivery);
  };
  const target =
    ({ id }: GatewayEntry): TagContext['target'] =>
    (device, tag) =>
      registry.tag(id, device, tag);
  const foreign = new ForeignSpeech({
    target,
    askRebirth: (gatewayId, topic, why) => {
      const told = embedded.tell(gatewayId, commandTopic(topic), rebirthCommand(clock.now()));
      if (told) metrics.rebirths.inc();
      log.debug({ edge: topic.topic, why, told }, 'birth wanted');
    },
  });
  const handlers: BrokerHandlers & OutsideHandlers = {
    telemetry: (gateway, payload, sender, spoken?: Foreign) => {
      if (!spoken) return accept({ gateway, payload, sender, source: 'mqtt' });
      const decoder = foreign.decoder(spoken, gateway, payload);
      return decoder ? accept({ gateway, payload, sender, source: 'mqtt', decoder }) : Promise.resolve(undefined);
    },
    stranger: (code, payload, sender, why) => keepStranger(pipeline, code, payload, sender, why),
    notice: (kind, gateway, payload, retained?: boolean) => {
      if (kind === 'state') {
        care.state(gateway, payload);
        return states.heartbeat(gateway, payload, retained);
      }
      if (kind === 'meta') care.birth(gateway, payload);
      return kind === 'meta' ? states.birth(gateway, payload, retained) : states.event(gateway, payload);
    },
    connected: (gateway) => {
      foreign.connected(gateway);
      states.connected(gateway);
    },
    disconnected: (gateway) => {
      care.gone(gateway);
      states.disconnected(gateway);
    },
    care: (kind, gateway, payload) => care.answer(kind, gateway, payload),
    firstUse: (pass) => care.firstUse(pass),
  };
  const embedded = new Broker({ registry, metrics, log, handlers, clock });
  const broker: MqttDoor = options.broker
    ? new OutsideDoor({ broker: options.broker, registry, metrics, log, handlers })
    : embedded;
  const care = new Care({
    db,
    log,
    clock,
    metrics,
    refreshRegistry: () => registry.refresh(),
    send: (gateway, kind, body) => broker.send(gateway, kind, body),
    ...(options.carePollMs === undefined ? {} : { pollMs: options.carePollMs }),
  });

  const collectors = new CollectorDoors(options.collectors ?? [], {
    host: options.doorHost ?? options.httpHost,
    registry,
    target,
    accept,
    connected: (gateway) => states.connected(gateway),
    disconnected: (gateway) => states.disconnected(gateway),
    heard: (gateway) => states.touched(gateway),
    metrics,
    clock,
    log,
    ...(options.collectorLimits ? { limits: options.collectorLimits } : {}),
  });

  const replayer = new QuarantineReplayer({
    db,
    log,
    metrics,
    latest: pipeline.latest,
    refresh: () => registry.reload(),
    judge: () => ({
      registry,
      now: clock.now(),
      source: 'quarantine',
      refuseSimulated,
      gateway: (code) => registry.gateway(code),
      tag: (gatewayId, device, tag) => registry.tag(gatewayId, device, tag),
    }),
  });

  const undo: (() => Promise<void>)[] = [() => db.end()];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    await assertMigrated(db);
    await registry.start();
    undo.push(() => registry.stop());
    await states.start();
    undo.push(() => states.stop());
    undo.push(() => broker.stop());
    pipeline.start();
    const mqttPort = await broker.start(options.mqttHost, options.mqttPort);
    const { mqttTls } = options;
    const mqttTlsPort =
      mqttTls && !options.broker ? await embedded.startTls(options.mqttHost, mqttTls.port, mqttTls) : undefined;
    await care.start();
    undo.push(() => care.stop());
    const enrolments = new Enrolments({ db, clock });
    const door = await openHttpDoor(options, {
      registry,
      accept,
      firstUse: handlers.firstUse,
      routes: (app) =>
        addEnrolmentRoutes(app, { enrolments, imageOf: (ticket) => imageOfTicket(db, ticket), metrics, clock }),
    });
    if (door) undo.push(() => door.stop());
    undo.push(() => collectors.stop());
    const collectorPorts = await collectors.start();
    undo.push(async () => {
      broker.stopListening();
      door?.stopListening();
      collectors.stopListening();
      await pipeline.close();
    });
    replayer.start();
    undo.push(() => replayer.stop());
    const admin = await serveHealth({
      host: options.httpHost,
      port: options.httpPort,
      setting: 'GANZHI_INGEST_HTTP_PORT',
      metrics: () => metrics.registry.metrics(),
      checks: () => [
        { name: 'database', run: () => db.query('select 1') },
        { name: 'migrations', run: () => assertMigrated(db) },
        {
          name: 'broker',
          run: async () => {
            if (!broker.listening)
              throw new GanzhiError('unavailable', options.broker ? 'not connected' : 'not listening');
          },
        },
      ],
    });
    undo.push(() => admin.stop());
    const ports = { mqttPort, mqttTlsPort, httpPort: admin.port, doorPort: door?.port, collectorPorts };
    log.info({ ...ports, mode }, 'ingest is ready');
    return { ...ports, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openHttpDoor(
  { doorPort, doorHost, httpHost, holdMs, logger }: IngestOptions,
  parts: Pick<HttpDoorOptions, 'registry' | 'accept' | 'firstUse' | 'routes'>,
): Promise<HttpDoor | undefined> {
  if (doorPort === undefined) return undefined;
  const more = holdMs === undefined ? {} : { holdMs };
  return startHttpDoor({ host: doorHost ?? httpHost, port: doorPort, ...parts, log: logger, ...more });
}
