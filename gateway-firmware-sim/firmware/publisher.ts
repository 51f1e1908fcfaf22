import { BatchAck, downTopic, type GatewayEvent, type GatewayMeta, type GatewayState, upTopic } from '@ganzhi/schemas';
import mqtt, { type MqttClient } from 'mqtt';
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import { createFlight, type Flight } from './flight.ts';
import type { Outbox } from './outbox.ts';

export interface PublisherOptions {
  gateway: string;
  token: string;
  mqttUrl: string;
  meta: GatewayMeta;
  outbox: Outbox;
  clock: Clock;
  logger: Logger;
  /** Unacknowledged batches in flight, per lane. */
  window?: number;
  ackTimeoutMs?: number;
  heartbeatMs?: number;
  /** Shortest and longest pause before connecting again. */
  reconnectMs?: { min: number; max: number };
}

export interface Publisher {
  start(): void;
  isConnected(): boolean;
  event(kind: string, detail: Record<string, unknown>): void;
  stop(): Promise<void>;
}

const KEEPALIVE_S = 60;

/**
 * Sends the outbox to the server and forgets a batch only on the application's acknowledgement (`down/ack`, after commit).
 *
 * MQTT 3.1.1, clean session: what was in flight when a connection broke is sent again from the outbox, never from the
 * client's memory; so each connection gets a new client. The pause before a reconnect grows and is random, or a city of
 * gateways would come back in the same second.
 */
export function createPublisher(options: PublisherOptions): Publisher {
  const { gateway, outbox, clock, logger, heartbeatMs = 60_000, reconnectMs = { min: 500, max: 30_000 } } = options;
  const topic = {
    telemetry: upTopic(gateway, 'telemetry'),
    state: upTopic(gateway, 'state'),
    ack: downTopic(gateway, 'ack'),
  };
  const flight: Flight = createFlight({
    outbox,
    window: options.window ?? 8,
    ackTimeoutMs: options.ackTimeoutMs ?? 30_000,
    send: (payload) => client?.publish(topic.telemetry, payload, { qos: 1 }, ignoreLostConnection),
  });
  let client: MqttClient | undefined;
  let online = false;
  let stopped = true;
  let failures = 0;
  let reconnectTimer: NodeJS.Timeout | undefined;
  const timers: NodeJS.Timeout[] = [];
  let stopListening = () => {};

  const publishRetained = (name: string, body: GatewayState | GatewayMeta) =>
    client?.publish(name, JSON.stringify(body), { qos: 1, retain: true }, ignoreLostConnection);
  const heartbeat = () => {
    const oldestAt = outbox.oldestAt();
    const state: GatewayState = {
      v: 1,
      state: 'online',
      at: clock.now(),
      monotonicMs: clock.monotonicMs(),
      outboxReadings: outbox.depth().readings,
      ...(oldestAt === undefined ? {} : { outboxOldestAt: oldestAt }),
    };
    if (online) publishRetained(topic.state, state);
  };
  const pump = () => {
    if (online) flight.fill();
  };

  const connect = () => {
    const session = mqtt.connect(options.mqttUrl, {
      protocolVersion: 4,
      clientId: gateway,
      username: gateway,
      password: options.token,
      clean: true,
      keepalive: KEEPALIVE_S,
      reconnectPeriod: 0,
      connectTimeout: 10_000,
      queueQoSZero: false,
      will: { topic: topic.state, payload: Buffer.from(JSON.stringify(OFFLINE)), qos: 1, retain: true },
    });
    client = session;
    session.on('connect', () => {
      session.subscribe(topic.ack, { qos: 1 }, (error) => {
        if (error || session !== client) return;
        failures = 0;
        online = true;
        publishRetained(upTopic(gateway, 'meta'), options.meta);
        heartbeat();
        flight.restart();
        pump();
      });
    });
    session.on('message', (_, payload) => onAck(payload));
    session.on('error', (error) => logger.warn({ gateway, reason: error.message }, 'broker connection failed'));
    session.on('close', () => {
      if (session !== client) return;
      online = false;
      client = undefined;
      session.end(true);
      if (!stopped) reconnectTimer = setTimeout(connect, reconnectDelay(failures++, reconnectMs));
    });
  };

  const onAck = (payload: Buffer) => {
    const ack = parseAck(payload);
    if (!ack) {
      logger.warn({ gateway, bytes: payload.length }, 'unreadable acknowledgement ignored');
      return;
    }
    if (ack.status === 'rejected') {
      logger.warn({ gateway, batch: ack.batch, rejected: ack.rejected.slice(0, 5) }, 'server quarantined readings');
    }
    flight.settle(ack.batch);
    outbox.remove(ack.batch);
  };

  return {
    start() {
      stopped = false;
      stopListening = outbox.onChange(pump);
      timers.push(
        setInterval(heartbeat, heartbeatMs),
        setInterval(() => online && flight.resendLate(), 1_000),
      );
      connect();
    },
    isConnected: () => online,
    event(kind, detail) {
      const body: GatewayEvent = { v: 1, at: clock.now(), kind, detail };
      if (online) client?.publish(upTopic(gateway, 'event'), JSON.stringify(body), { qos: 1 }, ignoreLostConnection);
    },
    async stop() {
      stopped = true;
      stopListening();
      clearTimeout(reconnectTimer);
      for (const timer of timers.splice(0)) clearInterval(timer);
      const session = client;
      client = undefined;
      if (!session) return;
      if (online) await sayGoodbye(session, topic.state);
      online = false;
      await session.endAsync(true);
    },
  };
}

const OFFLINE: GatewayState = { v: 1, state: 'offline' };

/** The broker publishes no last will after a clean disconnect, so the offline state is said before leaving. */
async function sayGoodbye(session: MqttClient, topic: string): Promise<void> {
  const said = session.publishAsync(topic, JSON.stringify(OFFLINE), { qos: 1, retain: true });
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise((resolve) => {
    timer = setTimeout(resolve, 1_000);
  });
  await Promise.race([said.catch(() => undefined), patience]);
  clearTimeout(timer);
}

/** A publish fails only when its connection is lost; the batch is still in the outbox and goes out again. */
const ignoreLostConnection = () => {};

function parseAck(payload: Buffer): BatchAck | undefined {
  try {
    return BatchAck.safeParse(JSON.parse(payload.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Exponential with full jitter on the upper half: 0.25–0.5 s, 0.5–1 s, … at the defaults. */
function reconnectDelay(failures: number, { min, max }: { min: number; max: number }): number {
  const ceiling = Math.min(max, min * 2 ** Math.min(failures, 16));
  return ceiling / 2 + Math.random() * (ceiling / 2);
}
