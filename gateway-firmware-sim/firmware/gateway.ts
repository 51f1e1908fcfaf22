import { join } from 'node:path';
import type { CareKind, GatewayMeta } from '@ganzhi/schemas';
import type { Logger } from 'pino';
import type { CareHooks } from './care/hooks.ts';
import type { Clock, ClockState } from './clock/index.ts';
import { createCollector } from './collector.ts';
import { type GatewayConfig, gatewayToken } from './config.ts';
import { createDriverFactory, type DriverFactory } from './drivers/index.ts';
import type { GatewayMetrics } from './metrics.ts';
import { type Depth, type Harvest, type Outbox, openOutbox } from './outbox/index.ts';
import { createPublisher, type Publisher, type PublisherOptions, type ReplayProgress } from './publisher/publisher.ts';
import { type ScannedMeter, scanMeters } from './scanner.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import { createTiming } from './timing.ts';

export const FIRMWARE_VERSION = '0.1.0';

/** A log line names so many meters of those concerned. */
const NAMED_IN_LOG = 5;

export interface GatewayOptions {
  config: GatewayConfig;
  clock: Clock;
  logger: Logger;
  metrics?: GatewayMetrics;
  /** Another way to reach meters; the real drivers when absent. */
  drivers?: DriverFactory;
  /** False leaves polling to `scanAt` (replay in simulated time). */
  schedule?: boolean;
  /** Remote care: credential, orders, trials. Without it the token of the configuration serves. */
  care?: CareHooks;
  publisher?: Pick<PublisherOptions, 'window' | 'ackTimeoutMs' | 'heartbeatMs' | 'reconnectMs'>;
}

export interface Gateway {
  readonly code: string;
  start(): Promise<void>;
  /** Reads all meters now and stores the result, stamped `t`, in the live lane. */
  scanAt(t: number): Promise<void>;
  /** Reads meters beside the schedule, all or those named, and stores the result. */
  scanNow(codes?: readonly string[]): Promise<Harvest>;
  /** Sends an answer of remote care; true when the server has it. */
  report(kind: CareKind, body: unknown): Promise<boolean>;
  isConnected(): boolean;
  /** For the health page: connection, what waits, and when it will be gone. Undefined while not running. */
  status(): GatewayStatus | undefined;
  /** There from `start` to `stop`; a producer of history writes into its backlog lane. */
  outbox(): Outbox;
  stop(): Promise<void>;
}

export interface GatewayStatus {
  code: string;
  connected: boolean;
  clock: { state: ClockState; serverOffsetMs: number | undefined };
  outbox: Depth & { oldestAt: number | undefined; droppedBatches: number };
  replay: ReplayProgress;
}

/** Parts that exist while the gateway runs. */
interface Running {
  outbox: Outbox;
  publisher: Publisher;
  scheduler: Scheduler | undefined;
  meters: ScannedMeter[];
}

/** Composes drivers, scheduler, outbox and publisher into one gateway. */
export function createGateway(options: GatewayOptions): Gateway {
  const { config, metrics, care } = options;
  // remote care changes the level of the logger that it gives
  const logger = care ? options.logger : options.logger.child({ gateway: config.code });
  const timing = createTiming(config, options.clock, logger);
  const { clock } = timing;
  let running: Running | undefined;
  let unwatch: (() => void) | undefined;
  const now = (): Running => {
    if (!running) throw new Error(`Gateway ${config.code} is not started`);
    return running;
  };

  const scan = async (due: readonly ScannedMeter[], at: () => number) => {
    const harvest = await scanMeters(due, at, metrics?.observeRead);
    return care?.onHarvest(harvest) ?? harvest;
  };
  const store = (harvest: Harvest) => {
    const dropped = now().outbox.append('live', harvest, clock.now(), undefined, timing.stamp());
    if (dropped.batches === 0) return;
    metrics?.dropped(dropped.batches);
    logger.warn(dropped, 'outbox full: oldest batches dropped');
  };
  const collector = createCollector((harvest) => store(timing.stamped(harvest)));

  return {
    code: config.code,
    async start() {
      const drivers = options.drivers ?? createDriverFactory(config, logger, { onDisturbance: metrics?.observeLine });
      const meters = config.meters.map((meter) => ({ ...meter, driver: drivers(meter) }));
      // a gateway that is cared for keeps its credential itself
      const token = care ? '' : gatewayToken(config);
      const outbox = openOutbox({
        path: join(config.dataDir, 'outbox.db'),
        maxBytes: config.outboxMaxBytes,
        now: clock.now,
        onTrouble: (error) =>
          error
            ? logger.error({ err: error }, 'the disk takes no readings; they are kept in memory')
            : logger.info('the disk takes readings again'),
      });
      const publisher = createPublisher({
        gateway: config.code,
        token,
        care,
        mqttUrl: config.mqttUrl,
        meta: metaOf(config, clock, care),
        outbox,
        clock,
        ...(timing.time ? { time: timing.time } : {}),
        logger,
        ...(config.simulatedTime ? { liveForMs: Number.POSITIVE_INFINITY } : {}),
        replay: { defaultPerS: config.replayPerS, obeyGrants: !config.simulatedTime },
        ...options.publisher,
      });
      const scheduler = (options.schedule ?? true) ? schedulerOf(meters) : undefined;
      running = { outbox, publisher, scheduler, meters };
      timing.start(running);
      unwatch = metrics?.watch({
        outboxBatches: () => running?.outbox.depth().batches ?? 0,
        outboxOldestAt: () => running?.outbox.oldestAt(),
        progress: publisher.progress,
        isConnected: publisher.isConnected,
      });
      await Promise.all(meters.map(({ driver }) => driver.open()));
      publisher.start();
      scheduler?.start();
    },
    scanAt: async (t) => store(await scan(now().meters, () => t)),
    async scanNow(codes) {
      const wanted = now().meters.filter(({ code }) => codes?.includes(code) ?? true);
      const harvest = timing.stamped(await scan(wanted, clock.monotonicMs));
      store(harvest);
      return harvest;
    },
    report: async (kind, body) => (await running?.publisher.report(kind, body)) ?? false,
    isConnected: () => running?.publisher.isConnected() ?? false,
    status() {
      if (!running) return undefined;
      const { outbox, publisher } = running;
      return {
        code: config.code,
        connected: publisher.isConnected(),
        clock: { state: clock.state(), serverOffsetMs: clock.serverOffsetMs() },
        outbox: { ...outbox.depth(), oldestAt: outbox.oldestAt(), droppedBatches: outbox.droppedBatches() },
        replay: publisher.progress(),
      };
    },
    outbox: () => now().outbox,
    async stop() {
      if (!running) return;
      const { scheduler, publisher, meters, outbox } = running;
      unwatch?.();
      await scheduler?.stop();
      collector.flush();
      await publisher.stop();
      await timing.stop();
      await Promise.all(meters.map(({ driver }) => driver.close()));
      running = undefined;
      outbox.close();
    },
  };

  function schedulerOf(meters: readonly ScannedMeter[]): Scheduler {
    return createScheduler({
      items: meters,
      clock,
      // A silent bus holds back its own meters only: each bus is polled, stored and overrun by itself.
      groupOf: ({ driver }) => driver.bus,
      poll: (due) => collector.poll(() => scan(due, clock.monotonicMs)),
      onOverrun(late) {
        metrics?.overrun();
        logger.warn(
          { meters: late.length, among: late.slice(0, NAMED_IN_LOG).map(({ code }) => code) },
          'the last scan still runs; this one is skipped',
        );
      },
    });
  }
}

const metaOf = ({ meters, simulatedTime }: GatewayConfig, clock: Clock, care?: CareHooks): GatewayMeta => ({
  v: 1,
  firmware: `ganzhi-firmware ${care?.firmware ?? FIRMWARE_VERSION}`,
  startedAt: clock.now(),
  meters: meters.map(({ code, template }) => ({ code, template })),
  simulatedTime,
  ...(care ? { care: 1 as const, configuration: care.configuration } : {}),
});
