import {
  type BatchAck,
  type CareKind,
  type CommandAnswer,
  type CommandBody,
  GanzhiError,
  MINUTE,
  type RemoteConfiguration,
  RotationResult,
  SECOND,
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
  /** Before the next credential is presented again, when the server did not know it; doubles up to an hour. 30 s unless said. */
  rotationPauseMs?: number;
}

const LONGEST_ROTATION_PAUSE_MS = 60 * MINUTE;

/** A gateway with its identity that is cared for: configurations and firmware on trial, commands, rotation. */
export interface CareRunner {
  start(): Promise<void>;
  gateway(): Gateway | undefined;
  configuration(): number;
  firmware(): string;
  stop(): Promise<void>;
}

/**
 * Runs the gateway proper. A new configuration, other intervals and re-read templates change its meters and leave its connection
 * alone; another slot or credential replaces it as a whole. What was read lies in the outbox on disk, so neither costs a reading.
 */
export function createCareRunner(options: RunnerOptions): CareRunner {
  const { install, identity, store, clock, metrics, rotationPauseMs = 30 * SECOND } = options;
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
  let rotation: NodeJS.Timeout | undefined;
  let rotationTries = 0;
  /** Intervals set by command, until the next configuration or restart. */
  let intervals = new Map<string, number>();
  /** Meters that were read since the last good start: a new configuration must not lose them. */
  const healthy = new Set<string>();
  /** Changes come one after the other, whatever asks for them; one that fails does not end the others. */
  let changing: Promise<void> = Promise.resolve();
  const change = (work: () => Promise<void>): Promise<void> => {
    const done = changing.then(async () => {
      if (!stopped) await work();
    });
    changing = done.catch(() => undefined);
    return done;
  };
  const changeSoon = (work: () => Promise<void>): void => {
    change(work).catch((error: Error) => logger.error({ err: error }, 'a change asked for from afar failed'));
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
    configuration: () => configurations.effective()?.version ?? 0,
    firmware: () => slots.version(),
    onConnected() {
      identity.accepted();
      retryRotation();
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
    if (known && rotates) changeSoon(presentNext);
  }

  async function presentNext(): Promise<void> {
    if (identity.tryNext()) await restart();
  }

  /**
   * Where the former credential was accepted while a next one waits, the server had not heard of the next one yet (another process
   * of it took the answer). Without another try the rotation would stand still for ever.
   */
  function retryRotation(): void {
    clearTimeout(rotation);
    if (!identity.hasWaitingNext()) {
      rotationTries = 0;
      return;
    }
    const pauseMs = Math.min(LONGEST_ROTATION_PAUSE_MS, rotationPauseMs * 2 ** rotationTries);
    rotationTries += 1;
    rotation = setTimeout(() => changeSoon(presentNext), pauseMs);
  }

  function onOrder(kind: CareKind, payload: Buffer): void {
    if (kind === 'cmd') void desk.take(payload);
    else changeSoon(() => (kind === 'config' ? takeConfiguration(payload) : takeFirmware(payload)));
  }

  async function takeConfiguration(payload: Buffer): Promise<void> {
    const accepted = configurations.offer(payload, checkMeters);
    if (accepted) {
      intervals = new Map();
      await applyMeters();
    }
    sayReports();
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
    const { config, drivers } = beginMeters();
    gateway = createGateway({
      config,
      clock,
      logger,
      care: hooks(),
      drivers,
      ...(metrics ? { metrics } : {}),
      ...(options.publisher ? { publisher: options.publisher } : {}),
    });
    await gateway.start();
  }

  /** The meters of the effective configuration in place of those that run; the connection to the broker stays. */
  async function applyMeters(): Promise<void> {
    if (!gateway) return run();
    trial.abort();
    proof = undefined;
    try {
      await gateway.changeMeters(beginMeters);
    } catch (error) {
      if (!configurations.onTrial()) throw error;
      // what cannot even be started is not tried a second time
      proof = undefined;
      trial.abort();
      configurations.giveUp(error instanceof Error ? error.message : String(error));
      await gateway.changeMeters(beginMeters);
    }
    if (gateway.isConnected()) judge();
  }

  /** Opens the trial, if there is one, at the moment from which the new meters count. */
  function beginMeters(): { config: GatewayConfig; drivers: DriverFactory } {
    const config = effectiveConfig();
    // whoever silenced the process meant all of it
    if (options.logger.level !== 'silent') {
      logger.level = configurations.effective()?.body.logLevel ?? options.logger.level;
    }
    const drivers = driversOf(config);
    beginTrial(config);
    return { config, drivers };
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
    const reboots = slots.trialMs() !== undefined;
    proof = undefined;
    logger.warn({ missing }, 'trial failed: back to what worked');
    configurations.giveUp(missing);
    slots.giveUp(missing);
    changeSoon(async () => {
      await (reboots ? restart() : applyMeters());
      sayReports();
    });
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
        changeSoon(applyMeters);
        return { meters: (wanted ?? codes).length, intervalMs: body.intervalMs };
      case 'reload-templates':
        changeSoon(applyMeters);
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
      clearTimeout(rotation);
      trial.abort();
      await changing;
      await gateway?.stop();
      gateway = undefined;
    },
  };
}
