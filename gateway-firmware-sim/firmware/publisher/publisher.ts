import {
  BatchAck,
  CARE_KINDS,
  type CareKind,
  downTopic,
  type GatewayMeta,
  type GatewayState,
  parseTopic,
  shanghaiText,
  upTopic,
} from '@ganzhi/schemas';
import type { Logger } from 'pino';
import type { CareHooks } from '../care/hooks.ts';
import type { Clock } from '../clock/clock.ts';
import type { TimeKeeper } from '../clock/time-keeper.ts';
import type { Outbox } from '../outbox/index.ts';
import { uuid7 } from '../outbox/uuid7.ts';
import { createReplayBudget, DEFAULT_REPLAY_PER_S } from './budget.ts';
import { createFlight } from './flight.ts';
import { createSession } from './session.ts';

export interface PublisherOptions {
  gateway: string;
  token: string;
  /** Remote care, when there is any: its credential goes before the token. */
  care?: CareHooks | undefined;
  mqttUrl: string;
  /** Asked at every birth. */
  meta: () => GatewayMeta;
  outbox: Outbox;
  clock: Clock;
  /** Learns the server's time from acknowledgements; asked for it before anything is sent when it knows no better. */
  time?: TimeKeeper;
  logger: Logger;
  /** Unacknowledged batches in flight, per lane. */
  window?: number;
  ackTimeoutMs?: number;
  heartbeatMs?: number;
  /** A live batch that could not be sent for so long is backlog. Infinity in simulated time. */
  liveForMs?: number;
  /** Readings per second of the backlog without a grant; `obeyGrants: false` keeps to it. */
  replay?: { defaultPerS: number; obeyGrants?: boolean };
  reconnectMs?: { min: number; max: number };
}

/** What waits, how fast it may go, and when it will be gone. */
export interface ReplayProgress {
  backlogReadings: number;
  replayPerS: number;
  /** At the present pace; undefined while nothing may go. */
  etaS: number | undefined;
}

export interface Publisher {
  start(): void;
  isConnected(): boolean;
  /** Queued on disk, sent when there is a connection. */
  event(kind: string, detail: Record<string, unknown>): void;
  progress(): ReplayProgress;
  /** Says the birth again on the present connection: what is read has changed. */
  announce(): void;
  /** Batches that were held back have joined the lanes. */
  rewind(): void;
  /** The server was asked for the time and told none: an older one. */
  isTimeless(): boolean;
  /** An answer of remote care; resolves true when the server has it. Lost otherwise, and given again after the next connection. */
  report(kind: CareKind, body: unknown): Promise<boolean>;
  stop(): Promise<void>;
}

const DEFAULT_LIVE_FOR_MS = 120_000;
const EVENTS_AT_A_TIME = 10;
const BACKLOG_TICK_MS = 100;
/** An older server acknowledges without telling the time; one that does not answer at all shall not hold up the values. */
const TIME_PATIENCE_MS = 5_000;

/** Sends the outbox to the server and forgets a batch only on the application's acknowledgement (`down/ack`, after commit). */
export function createPublisher(options: PublisherOptions): Publisher {
  const { gateway, outbox, clock, time, logger, care, heartbeatMs = 60_000, liveForMs = DEFAULT_LIVE_FOR_MS } = options;
  const topic = {
    telemetry: upTopic(gateway, 'telemetry'),
    state: upTopic(gateway, 'state'),
    meta: upTopic(gateway, 'meta'),
    event: upTopic(gateway, 'event'),
    ack: downTopic(gateway, 'ack'),
  };
  const monotonicMs = () => performance.now();
  const budget = createReplayBudget({ defaultPerS: DEFAULT_REPLAY_PER_S, ...options.replay, monotonicMs });
  const flight = createFlight({
    outbox,
    window: options.window ?? 8,
    ackTimeoutMs: options.ackTimeoutMs ?? 30_000,
    budget,
    monotonicMs,
    send: (payload) => void session.publish(topic.telemetry, payload),
  });
  const session = createSession({
    ...{ gateway, mqttUrl: options.mqttUrl, logger, ca: care?.ca },
    credential: () => care?.credential() ?? { kind: 'token', token: options.token },
    onRefused: () => care?.onRefused(),
    subscribe: [topic.ack, ...(care ? CARE_KINDS.map((kind) => downTopic(gateway, kind)) : [])],
    will: { topic: topic.state, payload: JSON.stringify(OFFLINE) },
    reconnectMs: options.reconnectMs ?? { min: 500, max: 30_000 },
    onUp: () => begin(),
    onMessage: (name, payload) => onMessage(name, payload),
  });
  /** The question for the time that is under way: values wait for its answer, so that they go out with the right one. */
  let asked: { batch: string; sentAt: number; patience: NodeJS.Timeout } | undefined;
  let timeless = false;
  const timers: NodeJS.Timeout[] = [];
  let stopListening = () => {};

  const progress = (): ReplayProgress => {
    const { readings } = outbox.depth('backlog');
    const perS = budget.perS();
    const etaS = readings === 0 ? 0 : Math.ceil(readings / perS);
    return { backlogReadings: readings, replayPerS: perS, etaS: Number.isFinite(etaS) ? etaS : undefined };
  };
  const heartbeat = () => {
    const oldestAt = outbox.oldestAt();
    const { backlogReadings, replayPerS, etaS } = progress();
    const offsetMs = time?.serverOffsetMs();
    const state: GatewayState = {
      v: 1,
      state: 'online',
      at: Math.round(time?.wallMs() ?? clock.now()),
      monotonicMs: Math.round(clock.monotonicMs()),
      bootId: clock.bootId,
      outboxReadings: outbox.depth().readings,
      backlogReadings,
      ...(Number.isFinite(replayPerS) ? { replayPerS } : {}),
      ...(etaS === undefined ? {} : { backlogEtaS: etaS }),
      ...(oldestAt === undefined ? {} : { outboxOldestAt: oldestAt }),
      ...(time ? { clock: time.state() } : {}),
      ...(offsetMs === undefined ? {} : { serverOffsetMs: Math.round(offsetMs) }),
    };
    void session.publish(topic.state, JSON.stringify(state), { retain: true });
  };
  const sendEvents = async () => {
    for (const { id, event } of session.isUp() ? outbox.events.take(EVENTS_AT_A_TIME) : []) {
      if (await session.publish(topic.event, JSON.stringify(event))) outbox.events.remove(id);
    }
  };
  const pump = () => {
    if (session.isUp() && !asked) flight.fill();
  };
  const tick = () => {
    if (Number.isFinite(liveForMs)) outbox.demote(clock.now() - liveForMs, flight.sentUpTo());
    if (!session.isUp()) return;
    flight.resendLate();
    void sendEvents();
  };

  const announce = () => void session.publish(topic.meta, JSON.stringify(options.meta()), { retain: true });
  const begin = () => {
    announce();
    heartbeat();
    care?.onConnected();
    flight.restart();
    outbox.events.restart();
    void sendEvents();
    if (time && time.state() !== 'confirmed') askTime();
    else pump();
  };

  /** An empty batch: every server acknowledges it, and stores nothing but that it came. */
  const askTime = () => {
    clearTimeout(asked?.patience);
    const now = clock.now();
    const batch = uuid7(Math.max(0, now));
    const patience = setTimeout(goOn, TIME_PATIENCE_MS);
    asked = { batch, sentAt: monotonicMs(), patience };
    const body = { v: 1, batch, seq: 0, sentAt: shanghaiText(now), replay: false, readings: [], errors: [] };
    void session.publish(topic.telemetry, JSON.stringify(body));
  };
  const goOn = () => {
    clearTimeout(asked?.patience);
    asked = undefined;
    if (time && time.state() !== 'confirmed' && session.isUp()) {
      timeless = true;
      outbox.release();
      flight.rewind();
    }
    pump();
  };

  const onMessage = (name: string, payload: Buffer) => {
    const parsed = parseTopic(name);
    if (parsed?.direction !== 'down') return;
    if (parsed.kind === 'ack') onAck(payload);
    else care?.onOrder(parsed.kind, payload);
  };

  const onAck = (payload: Buffer) => {
    const ack = parseAck(payload);
    if (!ack) {
      logger.warn({ gateway, bytes: payload.length }, 'unreadable acknowledgement ignored');
      return;
    }
    if (ack.grant) budget.grant(ack.grant);
    const answered = asked?.batch === ack.batch;
    const sentAt = answered ? asked?.sentAt : flight.settle(ack.batch);
    if (time && ack.serverAt !== undefined && sentAt !== undefined) {
      const before = time.state();
      time.hear({ serverAt: ack.serverAt, roundTripMs: monotonicMs() - sentAt });
      // whoever looks at the fleet need not wait a minute to see that a clock is healed
      if (time.state() !== before) heartbeat();
    }
    if (answered) return goOn();
    if (ack.status === 'rejected') {
      logger.warn({ gateway, batch: ack.batch, rejected: ack.rejected.slice(0, 5) }, 'server quarantined readings');
    }
    outbox.remove(ack.batch);
    care?.onAck(ack);
  };

  return {
    start() {
      stopListening = outbox.onChange(pump);
      timers.push(
        setInterval(heartbeat, heartbeatMs),
        setInterval(tick, 1_000),
        setInterval(() => outbox.depth('backlog').batches > 0 && pump(), BACKLOG_TICK_MS),
      );
      session.start();
    },
    isConnected: session.isUp,
    event(kind, detail) {
      outbox.events.add({ v: 1, at: clock.now(), kind, detail });
      void sendEvents();
    },
    progress,
    announce,
    rewind() {
      flight.rewind();
      pump();
    },
    isTimeless: () => timeless,
    report: (kind, body) => session.publish(upTopic(gateway, kind), JSON.stringify(body)),
    async stop() {
      stopListening();
      clearTimeout(asked?.patience);
      for (const timer of timers.splice(0)) clearInterval(timer);
      await session.stop();
    },
  };
}

const OFFLINE: GatewayState = { v: 1, state: 'offline' };

function parseAck(payload: Buffer): BatchAck | undefined {
  try {
    return BatchAck.safeParse(JSON.parse(payload.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
