import {
  type BatchAck,
  type CareKind,
  type CommandAnswer,
  type CommandBody,
  GanzhiError,
  type RemoteConfiguration,
  RotationResult,
} from '@ganzhi/schemas';
import type { Logger } from 'pino';
import type { Clock } from '../clock/index.ts';
import type { GatewayConfig } from '../config.ts';
import { createDriverFactory, type DriverFactory } from '../drivers/index.ts';
import { createGateway, type Gateway, type GatewayOptions } from '../gateway.ts';
import type { GatewayMetrics } from '../metrics.ts';
import type { Harvest } from '../outbox/index.ts';
import { type CommandDesk, createCommandDesk } from './commands.ts';
import { type ConfigurationKeeper, openConfigurationKeeper } from './configuration.ts';
import { fetchImage } from './fetch-image.ts';
import { type FirmwareSlots, openFirmwareSlots } from './firmware.ts';
import type { CareHooks } from './hooks.ts';
import type { Identity } from './identity.ts';
import { behaviourOf, type ImageBehaviour } from './image.ts';
import { type InstallConfig, readInstallFile } from './install.ts';
import { createProof, type Proof } from './proof.ts';
import { selfTestResult } from './self-test.ts';
import type { CareStore } from './store.ts';

export interface RunnerOptions {
  install: InstallConfig;
  identity: Identity;
  store: CareStore;
  clock: Clock;
  logger: Logger;
  metrics?: GatewayMetrics | undefined;
  /** Another way to reach meters; the real drivers when absent. */
  drivers?: ((config: GatewayConfig) => DriverFactory) | undefined;
  publisher?: GatewayOptions['publisher'];
}

/** A gateway with its identity that is cared for: configurations and firmware on trial, commands, rotation. */
export interface CareRunner {
  start(): Promise<void>;
  gateway(): Gateway | undefined;
  configuration(): number;
  firmware(): string;
  stop(): Promise<void>;
}

/**
 * Runs the gateway proper and replaces it as a whole when something about it changes: a new configuration, another slot, other
 * intervals. What was read lies in the outbox on disk, so a replacement costs a reconnect and no reading.
 */
export function createCareRunner(options: RunnerOptions): CareRunner {
  const { install, identity, store, clock, metrics } = options;
  const logger = options.logger.child({ gateway: identity.code });
  const ca = install.caFile === undefined ? undefined : readInstallFile(install.caFile, 'caFile');
  const now = () => clock.now();
  const configurations: ConfigurationKeeper = openConfigurationKeeper(store, now);
  const slots: FirmwareSlots = openFirmwareSlots({
    store,
    now,
    model: install.model,
    delivered: install.firmware,
    keys: install.firmwareKeys,
    fetchImage: (ticket, size) => fetchImage(install.careUrl, ticket, size),
  });
  const desk: CommandDesk = createCommandDesk({
    store,
    now,
    execute,
    answer: (answer) => void sayAnswer(answer),
  });
  let gateway: Gateway | undefined;
  let image: ImageBehaviour = behaviourOf(undefined);
  let proof: Proof | undefined;
  let trial = new AbortController();
  let stopped = false;
  /** Intervals set by command, until the next configuration or restart. */
  let intervals = new Map<string, number>();
  /** Meters that were read since the last good start: a new configuration must not lose them. */
  const healthy = new Set<string>();
  /** Changes come one after the other, whatever asks for them. */
  let changing: Promise<void> = Promise.resolve();
  const change = (work: () => Promise<void>): Promise<void> => {
    changing = changing.then(async () => {
      if (!stopped) await work();
    });
    return changing;
  };

  const effectiveConfig = (): GatewayConfig => {
    const remote = configurations.effective()?.body;
    const meters = (remote?.meters ?? install.meters).map((meter) => ({
      ...meter,
      intervalMs: intervals.get(meter.code) ?? meter.intervalMs,
    }));
    return {
      code: identity.code,
      mqttUrl: install.mqttUrl,
      dataDir: install.dataDir,
      simulatedTime: install.simulatedTime,
      outboxMaxAgeDays: install.outboxMaxAgeDays,
      replayPerS: install.replayPerS,
      outboxMaxBytes: remote?.outboxMaxBytes ?? install.outboxMaxBytes,
      meters,
    };
  };
  const driversOf = (config: GatewayConfig): DriverFactory =>
    options.drivers?.(config) ?? createDriverFactory(config, logger, { onDisturbance: metrics?.observeLine });

  const hooks = (): CareHooks => ({
    credential: () => identity.credential(),
    ca,
    configuration: configurations.effective()?.version ?? 0,
    firmware: slots.version(),
    onConnected() {
      identity.accepted();
      // without meters a connection is all there is to prove
      if (proof?.holds()) judge();
      else sayReports();
    },
    onRefused() {
      if (identity.refused()) logger.warn('the broker refused the credential; the other one is tried');
    },
    onOrder,
    onAck(ack: BatchAck) {
      proof?.acknowledged(ack);
      judge();
    },
    onHarvest(harvest: Harvest) {
      const passed = image.pass(harvest);
      if (!proof) for (const { m } of passed.readings) healthy.add(m);
      proof?.harvested(passed);
      judge();
      return passed;
    },
  });

  function sayReports(): void {
    const [configuration, firmware] = [configurations.report(), slots.report()];
    if (configuration) void gateway?.report('config', configuration);
    if (firmware) void gateway?.report('firmware', firmware);
  }

  async function sayAnswer(answer: CommandAnswer): Promise<void> {
    const known = await gateway?.report('cmd', answer);
    // the server must know the next credential before it is presented
    const rotates = answer.state === 'done' && RotationResult.safeParse(answer.result).success;
    if (!known || !rotates) return;
    await change(async () => {
      identity.tryNext();
      await restart();
    });
  }

  function onOrder(kind: CareKind, payload: Buffer): void {
    if (kind === 'cmd') void desk.take(payload);
    else if (kind === 'config') void change(() => takeConfiguration(payload));
    else void change(() => takeFirmware(payload));
  }

  async function takeConfiguration(payload: Buffer): Promise<void> {
    const accepted = configurations.offer(payload, checkMeters);
    if (accepted) {
      intervals = new Map();
      await restart();
    } else sayReports();
  }

  async function takeFirmware(payload: Buffer): Promise<void> {
    if (await slots.install(payload)) await restart();
    else sayReports();
  }

  /** Makes every driver once without opening it: what cannot be made is refused before it replaces what works. */
  function checkMeters({ meters }: RemoteConfiguration): void {
    const drivers = driversOf({ ...effectiveConfig(), meters });
    for (const meter of meters) drivers(meter);
  }

  async function restart(): Promise<void> {
    trial.abort();
    await gateway?.stop();
    gateway = undefined;
    await run();
  }

  async function run(): Promise<void> {
    image = behaviourOf(slots.image());
    if (image.crashes && slots.trialMs() !== undefined) {
      slots.giveUp('the image did not start');
      image = behaviourOf(slots.image());
    }
    const config = effectiveConfig();
    // whoever silenced the process meant all of it
    if (options.logger.level !== 'silent') {
      logger.level = configurations.effective()?.body.logLevel ?? options.logger.level;
    }
    beginTrial(config);
    gateway = createGateway({
      config,
      clock,
      logger,
      care: hooks(),
      drivers: driversOf(config),
      ...(metrics ? { metrics } : {}),
      ...(options.publisher ? { publisher: options.publisher } : {}),
    });
    await gateway.start();
  }

  function beginTrial({ meters }: GatewayConfig): void {
    trial = new AbortController();
    proof = undefined;
    const onTrial = configurations.onTrial();
    const limits = [onTrial?.body.trialMs, slots.trialMs()].filter((limit) => limit !== undefined);
    if (limits.length === 0) return;
    const codes = meters.map(({ code }) => code);
    proof = createProof(clock.now(), codes, healthy);
    clock.sleepUntil(clock.now() + Math.max(...limits), trial.signal).then(endTrial, () => undefined);
  }

  /** Confirms as soon as nothing is missing. */
  function judge(): void {
    if (!proof?.holds()) return;
    proof = undefined;
    trial.abort();
    configurations.confirm();
    slots.confirm();
    logger.info({ configuration: configurations.effective()?.version ?? 0, firmware: slots.version() }, 'trial passed');
    sayReports();
  }

  function endTrial(): void {
    if (!proof) return;
    const missing = proof.missing();
    proof = undefined;
    logger.warn({ missing }, 'trial failed: back to what worked');
    configurations.giveUp(missing);
    slots.giveUp(missing);
    void change(restart);
  }

  async function execute(body: CommandBody): Promise<Record<string, unknown>> {
    const running = gateway;
    if (!running) throw new GanzhiError('unavailable', 'The gateway is restarting; send the command again.');
    const config = effectiveConfig();
    const codes = config.meters.map(({ code }) => code);
    const wanted = 'meters' in body ? body.meters : undefined;
    const unknown = wanted?.filter((code) => !codes.includes(code)) ?? [];
    if (unknown.length > 0) throw new GanzhiError('unknown-meter', `Not on this gateway: ${unknown.join(', ')}`);
    switch (body.kind) {
      case 'read-now': {
        const { readings, errors } = await running.scanNow(wanted);
        return { meters: (wanted ?? codes).length, readings: readings.length, errors: errors.slice(0, 100) };
      }
      case 'set-interval':
        for (const code of wanted ?? codes) intervals.set(code, body.intervalMs);
        // after the answer: a restart in between would lose the connection it goes out on
        setImmediate(() => void change(restart));
        return { meters: (wanted ?? codes).length, intervalMs: body.intervalMs };
      case 'reload-templates':
        setImmediate(() => void change(restart));
        return { meters: codes.length };
      case 'set-log-level':
        logger.level = body.level;
        return { level: body.level };
      case 'rotate-credential':
        return { ...identity.prepareNext() };
      case 'self-test':
        return selfTestResult({
          dataDir: install.dataDir,
          outbox: running.outbox().depth(),
          meters: codes,
          harvest: await running.scanNow(),
          configuration: configurations.effective()?.version ?? 0,
          firmware: slots.version(),
          now: clock.now(),
        });
    }
  }

  return {
    start: () => change(run),
    gateway: () => gateway,
    configuration: () => configurations.effective()?.version ?? 0,
    firmware: () => slots.version(),
    async stop() {
      stopped = true;
      trial.abort();
      await changing;
      await gateway?.stop();
      gateway = undefined;
    },
  };
}
