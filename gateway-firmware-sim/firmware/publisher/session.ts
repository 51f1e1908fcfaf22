import mqtt, { type IClientPublishOptions, type MqttClient } from 'mqtt';
import type { Logger } from 'pino';
import type { Credential } from '../care/hooks.ts';

export interface SessionOptions {
  gateway: string;
  /** Asked at every connection. */
  credential: () => Credential;
  /** Certificates (PEM) that the broker's must lead to; the system's when absent. */
  ca?: string | undefined;
  mqttUrl: string;
  logger: Logger;
  /** Topics of a connection; it counts as up when they are subscribed. */
  subscribe: readonly string[];
  will: { topic: string; payload: string };
  /** Shortest and longest pause before connecting again. */
  reconnectMs: { min: number; max: number };
  onUp: () => void;
  /** The broker refuses the credential. */
  onRefused: () => void;
  onMessage: (topic: string, payload: Buffer) => void;
}

/** One connection after another to the broker. */
export interface Session {
  start(): void;
  isUp(): boolean;
  /** Resolves true when the broker has it; false when the connection was lost before. Never rejects. */
  publish(topic: string, payload: string, options?: Pick<IClientPublishOptions, 'retain'>): Promise<boolean>;
  /** Says the will by itself, since a broker says none after a clean farewell. */
  stop(): Promise<void>;
}

/** CONNACK (MQTT 3.1.1 §3.2.2.3): bad user name or password, not authorised. */
const NOT_AUTHORISED: ReadonlySet<number> = new Set([4, 5]);
const KEEPALIVE_S = 60;
const CONNECT_MS = 10_000;
/** From the first byte to subscribed. The library waits for a SUBACK without end, and a connection that hears no orders is none. */
const UP_WITHIN_MS = 20_000;
/** A connection that lasted so long was a good one: the next pause is a short one again. */
const GOOD_AFTER_MS = 10_000;
const FAREWELL_MS = 1_000;

/**
 * MQTT 3.1.1, clean session: what was in flight when a connection broke is sent again from the outbox, never from the
 * client's memory; so each connection gets a new client. The pause before a reconnect grows and is random, or a city of
 * gateways would come back in the same second.
 */
export function createSession(options: SessionOptions): Session {
  const { gateway, logger, will, reconnectMs } = options;
  let client: MqttClient | undefined;
  let upSince: number | undefined;
  let stopped = true;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;

  const connect = () => {
    const session = mqtt.connect(options.mqttUrl, {
      protocolVersion: 4,
      clientId: gateway,
      username: gateway,
      ...login(options.credential()),
      ...(options.ca === undefined ? {} : { ca: options.ca }),
      clean: true,
      keepalive: KEEPALIVE_S,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_MS,
      queueQoSZero: false,
      will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true },
    });
    client = session;
    const patience = setTimeout(() => session.stream.destroy(), UP_WITHIN_MS);
    session.on('connect', () => {
      session.subscribe([...options.subscribe], { qos: 1 }, (error) => {
        if (session !== client) return;
        if (error) {
          logger.warn({ gateway, reason: error.message }, 'the broker refused the subscription');
          session.stream.destroy();
          return;
        }
        clearTimeout(patience);
        upSince = performance.now();
        options.onUp();
      });
    });
    session.on('message', options.onMessage);
    session.on('error', (error) => {
      logger.warn({ gateway, reason: error.message }, 'broker connection failed');
      if ('code' in error && NOT_AUTHORISED.has(Number(error.code))) options.onRefused();
    });
    session.on('close', () => {
      clearTimeout(patience);
      if (session !== client) return;
      const lasted = upSince === undefined ? 0 : performance.now() - upSince;
      failures = lasted >= GOOD_AFTER_MS ? 0 : failures + 1;
      upSince = undefined;
      client = undefined;
      session.end(true);
      if (!stopped) timer = setTimeout(connect, reconnectDelay(failures - 1, reconnectMs));
    });
  };

  return {
    start() {
      stopped = false;
      connect();
    },
    isUp: () => upSince !== undefined,
    publish: (topic, payload, { retain = false } = {}) =>
      new Promise((resolve) => {
        if (!client || upSince === undefined) resolve(false);
        else client.publish(topic, payload, { qos: 1, retain }, (error) => resolve(!error));
      }),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      const session = client;
      client = undefined;
      if (!session) return;
      const farewell = upSince === undefined ? Promise.resolve() : sayGoodbye(session, will);
      upSince = undefined;
      await farewell;
      await within(session.endAsync(true), FAREWELL_MS);
    },
  };
}

const login = (credential: Credential) =>
  credential.kind === 'token' ? { password: credential.token } : { key: credential.key, cert: credential.cert };

async function sayGoodbye(session: MqttClient, { topic, payload }: SessionOptions['will']): Promise<void> {
  await within(session.publishAsync(topic, payload, { qos: 1, retain: true }), FAREWELL_MS);
}

/** Waits for the end of something, but not without end; how it ends does not matter. */
async function within(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work.catch(() => undefined), patience]);
  clearTimeout(timer);
}

/** Exponential with full jitter on the upper half: 0.25–0.5 s, 0.5–1 s, … at the defaults. */
export function reconnectDelay(failures: number, { min, max }: { min: number; max: number }): number {
  const ceiling = Math.min(max, min * 2 ** Math.min(Math.max(0, failures), 16));
  return ceiling / 2 + Math.random() * (ceiling / 2);
}
