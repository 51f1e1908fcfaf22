import { setTimeout as delay } from 'node:timers/promises';
import { GanzhiError, type MeterConfig } from '@ganzhi/schemas';
import type { Logger } from 'pino';
import { createDriverFactory } from '../../firmware/drivers/index.ts';
import { createGateway, manualClock, type Outbox, parseGatewayConfig, templateById } from '../../firmware/index.ts';
import type { Harvest } from '../../firmware/outbox/index.ts';
import { type ScannedMeter, scanMeters } from '../../firmware/scanner.ts';
import { startModbusServer } from '../servers/modbus-server.ts';
import { pollTimes } from './polls.ts';
import type { RejectedRow, Series } from './series.ts';
import { createSeriesModel } from './series-model.ts';
import { hourlyTruth, type TrueHour } from './truth.ts';

export interface ReplayOptions {
  series: Series;
  /** A Modbus template; its `energy.import` register follows the series. */
  template: string;
  meterCode: string;
  gatewayCode: string;
  token: string;
  mqttUrl: string;
  dataDir: string;
  logger: Logger;
  signal?: AbortSignal;
  onProgress?: (progress: { polled: number; acknowledged: number; total: number }) => void;
}

export interface ReplayResult {
  /** Readings that the server acknowledged. */
  readingsSent: number;
  rejectedRows: readonly RejectedRow[];
  /** Energy put in by hour start, epoch ms. */
  truth: ReadonlyMap<number, TrueHour>;
}

/** The same meter on so many sockets at once: one answers about 700 requests a second, whatever the machine. */
const SOCKETS = 12;
const READINGS_PER_BATCH = 500;
/** Polling does not wait for acknowledgements, but the disk is not filled either. */
const MAX_WAITING = 400;
const STALLED_MS = 120_000;
const UNIT = 1;

/**
 * Sends a recorded series through Modbus TCP, decoding, outbox and MQTT in simulated time, as fast as it goes, and returns
 * when the server has acknowledged everything.
 *
 * @throws GanzhiError `config-invalid` (unsuitable template), `unavailable` (no acknowledgement for two minutes)
 */
export async function replayCsv(options: ReplayOptions): Promise<ReplayResult> {
  const { series, signal, onProgress } = options;
  const polls = pollTimes(series);
  const lanes = await openLanes(options);
  const clock = manualClock(polls[0] ?? 0);
  const gateway = createGateway({
    config: parseGatewayConfig({
      code: options.gatewayCode,
      token: options.token,
      mqttUrl: options.mqttUrl,
      dataDir: options.dataDir,
      simulatedTime: true,
      meters: lanes.slice(0, 1).map(({ config }) => config),
    }),
    clock,
    logger: options.logger,
    schedule: false,
    publisher: { window: 16 },
  });
  try {
    await gateway.start();
    const outbox = gateway.outbox();
    const report = (polled: number) =>
      onProgress?.({ polled, acknowledged: polled - outbox.depth().readings, total: polls.length });
    let harvest: Harvest = { readings: [], errors: [] };
    for (let at = 0; at < polls.length; at += lanes.length) {
      signal?.throwIfAborted();
      const times = polls.slice(at, at + lanes.length);
      const parts = await Promise.all(times.map((t, i) => lanes[i]?.readAt(t)));
      for (const part of parts) if (part) harvest.readings.push(...part.readings);
      assertRead(parts);
      const last = at + lanes.length >= polls.length;
      if (harvest.readings.length < READINGS_PER_BATCH && !last) continue;
      await clock.advanceTo(times.at(-1) ?? 0);
      outbox.append('live', harvest, clock.now());
      harvest = { readings: [], errors: [] };
      report(at + times.length);
      await drainTo(outbox, last ? 0 : MAX_WAITING, signal, () => report(at + times.length));
    }
    return { readingsSent: polls.length, rejectedRows: series.rejected, truth: hourlyTruth(series) };
  } finally {
    await gateway.stop();
    await Promise.all(lanes.map((lane) => lane.close()));
  }
}

interface Lane {
  config: MeterConfig;
  readAt(t: number): Promise<Harvest>;
  close(): Promise<void>;
}

/** The meter on several sockets, each with a clock of its own, so that several moments are read at a time. */
async function openLanes({ series, template, meterCode, dataDir, logger }: ReplayOptions): Promise<Lane[]> {
  const modbus = templateById(template);
  if (modbus.protocol !== 'modbus' || !modbus.points.some(({ quantity }) => quantity === 'energy.import')) {
    throw new GanzhiError('config-invalid', `Replay needs a Modbus template with energy.import; ${template} is none`);
  }
  const model = createSeriesModel(series);
  const drivers = createDriverFactory({ dataDir }, logger);
  const openLane = async (): Promise<Lane> => {
    let now = 0;
    const registers = (t: number) => ({ 'energy.import': model.energyKwh(t) });
    const server = await startModbusServer({
      units: new Map([[UNIT, { template: modbus, registers }]]),
      clock: { now: () => now },
    });
    const config: MeterConfig = {
      code: meterCode,
      template,
      intervalMs: 60_000,
      points: ['energy.import'],
      connection: { protocol: 'modbus-tcp', host: '127.0.0.1', port: server.port, unit: UNIT, timeoutMs: 10_000 },
    };
    const meter: ScannedMeter = { code: meterCode, intervalMs: config.intervalMs, driver: drivers(config) };
    await meter.driver.open();
    return {
      config,
      readAt(t) {
        now = t;
        return scanMeters([meter], () => t);
      },
      async close() {
        await meter.driver.close();
        await server.stop();
      },
    };
  };
  return Promise.all(Array.from({ length: SOCKETS }, openLane));
}

/** Our own loopback meter does not fail; if it does, the comparison with the ledger would be about something else. */
function assertRead(parts: readonly (Harvest | undefined)[]): void {
  const failed = parts.flatMap((part) => part?.errors ?? [])[0];
  if (failed) throw new GanzhiError('unavailable', `The simulated meter could not be read (${failed.code}); try again`);
}

/** Waits until at most `limit` batches wait; complains when nothing moves for two minutes. */
async function drainTo(
  outbox: Outbox,
  limit: number,
  signal: AbortSignal | undefined,
  report: () => void,
): Promise<void> {
  let depth = outbox.depth().batches;
  let movedAt = performance.now();
  while (depth > limit) {
    await delay(10, undefined, signal ? { signal } : {});
    const now = outbox.depth().batches;
    if (now !== depth) {
      depth = now;
      movedAt = performance.now();
      report();
    } else if (performance.now() - movedAt > STALLED_MS) {
      throw new GanzhiError(
        'unavailable',
        `No acknowledgement for ${STALLED_MS / 1_000} s; ${depth} batches wait. Is ingest running?`,
      );
    }
  }
}
