import { join } from 'node:path';
import { type CareKind, GanzhiError, type GatewayMeta } from '@ganzhi/schemas';
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
  /**
   * Ends the polling of the meters that were, and begins that of others; connection and outbox stay as they are.
   *
   * @param change called when the last reading of the former meters is stored
   * @throws what opening the new ones throws; then none is polled until the next change
   */
  changeMeters(change: () => MeterChange): Promise<void>;
  /** Sends an answer of remote care; true when the server has it. */
  report(kind: CareKind, body: unknown): Promise<boolean>;
  isConnected(): boolean;
  /** For the health page: connection, what waits, and when it will be gone. Undefined while not running. */
  status(): GatewayStatus | undefined;
  /** There from `start` to `stop`; a producer of history writes into its backlog lane. */
  outbox(): Outbox;
  stop(): Promise<void>;
}

/** Meters and how they are reached. */
export interface MeterChange {
  config: Pick<GatewayConfig, 'meters' | 'outboxMaxBytes'>;
  drivers: DriverFactory;
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
}

/** What reads meters; absent while they change. */
interface Polling {
  scheduler: Scheduler | undefined;
  meters: readonly (GatewayConfig['meters'][number] & ScannedMeter)[];
}

/** Composes drivers, scheduler, outbox and publisher into one gateway. */
export function createGateway(options: GatewayOptions): Gateway {
  const { config, metrics, care } = options;
  // remote care changes the level of the logger that it gives
  const logger = care ? options.logger : options.logger.child({ gateway: config.code });
  const timing = createTiming(config, options.clock, logger);
  const { clock } = timing;
  let running: Running | undefined;
  let polling: Polling | undefined;
  let startedAt = 0;
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

  const polled = (): Polling => {
    if (!polling) throw new GanzhiError('unavailable', 'The meters of the gateway are changing; ask again.');
    return polling;
  };
  const beginPolling = async ({ config: { meters: wanted }, drivers }: MeterChange) => {
    const meters = wanted.map((meter) => ({ ...meter, driver: drivers(meter) }));
    const scheduler = (options.schedule ?? true) ? schedulerOf(meters) : undefined;
    polling = { scheduler, meters };
    await Promise.all(meters.map(({ driver }) => driver.open()));
  };
  const endPolling = async () => {
    const ending = polling;
    await ending?.scheduler?.stop();
    collector.flush();
    polling = undefined;
    await Promise.all((ending?.meters ?? []).map(({ driver }) => driver.close()));
  };
  const meta = (): GatewayMeta => ({
    v: 1,
    firmware: `ganzhi-firmware ${care?.firmware() ?? FIRMWARE_VERSION}`,
    startedAt,
    meters: (polling?.meters ?? []).map(({ code, template }) => ({ code, template })),
    simulatedTime: config.simulatedTime,
    ...(care ? { care: 1 as const, configuration: care.configuration() } : {}),
  });

  return {
    code: config.code,
    async start() {
      const drivers = options.drivers ?? createDriverFactory(config, logger, { onDisturbance: metrics?.observeLine });
      startedAt = clock.now();
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
        meta,
        outbox,
        clock,
        ...(timing.time ? { time: timing.time } : {}),
        logger,
        ...(config.simulatedTime ? { liveForMs: Number.POSITIVE_INFINITY } : {}),
        replay: { defaultPerS: config.replayPerS, obeyGrants: !config.simulatedTime },
        ...options.publisher,
      });
      running = { outbox, publisher };
      timing.start(running);
      unwatch = metrics?.watch({
        outboxBatches: () => running?.outbox.depth().batches ?? 0,
        outboxOldestAt: () => running?.outbox.oldestAt(),
        progress: publisher.progress,
        isConnected: publisher.isConnected,
      });
      await beginPolling({ config, drivers });
      publisher.start();
      polling?.scheduler?.start();
    },
    async changeMeters(change) {
      const { outbox, publisher } = now();
      await endPolling();
      const next = change();
      outbox.limit(next.config.outboxMaxBytes);
      await beginPolling(next);
      publisher.announce();
      polling?.scheduler?.start();
    },
    scanAt: async (t) => store(await scan(polled().meters, () => t)),
    async scanNow(codes) {
      const wanted = polled().meters.filter(({ code }) => codes?.includes(code) ?? true);
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
      const { publisher, outbox } = running;
      unwatch?.();
      await endPolling();
      await publisher.stop();
      await timing.stop();
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
