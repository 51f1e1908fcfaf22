import { setImmediate as breathe } from 'node:timers/promises';
import { DAY, HOUR } from '@ganzhi/schemas';
import type { RegistryEvent } from '../faults/registry.ts';
import { recordsOf } from './records.ts';
import { type SimulatedMeter, simulateMeters } from './simulated-meters.ts';
import { openStations, STEP_MS, type Stations, type StationsOptions } from './stations.ts';
import { noTruth, openTruth, type Truth } from './truth.ts';
import { createUplink } from './uplink.ts';

export interface RunCityOptions extends StationsOptions {
  /** Named in the truth. */
  profile: string;
  /** Start of a Shanghai day. */
  fromMs: number;
  days: number;
  mqttUrl: string;
  tokens: Readonly<Record<string, string>>;
  /** Folder for the truth; none is written without. */
  truth?: string | undefined;
  /** Enters what operators knew of the faults, before the first reading. */
  enterRecords?: (events: readonly RegistryEvent[]) => Promise<void>;
  signal?: AbortSignal;
  onProgress?: (simulatedMs: number, totalMs: number) => void;
}

export interface RunCityResult {
  gateways: number;
  /** Of these, on real sockets. */
  socketGateways: number;
  meters: number;
  /** Readings put into outboxes and acknowledged; what was sent twice counts twice. */
  readings: number;
  readFailures: number;
  faults: number;
}

/** Simulated time between two rounds over all gateways. */
const ROUND_MS = 4 * HOUR;
/** Batches that may wait for the server; more would only fill memory. */
const MAX_WAITING = 256;
const LONGEST_HOLD_MS = 10;

/**
 * Lets a city live through `days` days as fast as the server takes it: meters with their faults, gateways of the firmware's
 * scanner, outbox and publisher, MQTT. Resolves when the server has acknowledged everything.
 *
 * @throws GanzhiError `unavailable` (no acknowledgement for two minutes), `conflict` (the truth folder is in use)
 */
export async function runCity(options: RunCityOptions): Promise<RunCityResult> {
  const { census, faults, seed, fromMs, days, signal, onProgress } = options;
  const toMs = fromMs + days * DAY;
  const meters = simulateMeters(census, faults, { seed, fromMs });
  const records = recordsOf(faults, meters);
  const truth = options.truth
    ? openTruth(
        options.truth,
        { census, faults, meters, records },
        {
          seed,
          profile: options.profile,
          from: fromMs,
          to: toMs,
          stepS: STEP_MS / 1_000,
        },
      )
    : noTruth;
  const { inProcess, onSockets } = await begin(options, meters, records, truth);
  const stations = [...inProcess, ...onSockets];
  const byGateway = Map.groupBy(census.meters, ({ gatewayCode }) => gatewayCode);
  const uplink = createUplink({
    stations,
    metersOf: (code) => (byGateway.get(code) ?? []).map((meter) => ({ code: meter.code, template: meter.template })),
    tokenOf: (code) => options.tokens[code] ?? '',
    mqttUrl: options.mqttUrl,
    logger: options.logger,
    signal,
  });
  const inTurn = async (at: number, until: number) => {
    let since = performance.now();
    for (const station of inProcess) {
      signal?.throwIfAborted();
      await station.scan(at, until);
      if (performance.now() - since < LONGEST_HOLD_MS) continue;
      await truth.flush();
      await breathe(); // acknowledgements come in between
      await uplink.drainTo(MAX_WAITING);
      since = performance.now();
    }
  };
  try {
    // The reading at the very end closes the last hour.
    for (let at = fromMs; at <= toMs; at += ROUND_MS) {
      const until = Math.min(at + ROUND_MS, toMs + STEP_MS);
      await uplink.connectFor(at, until);
      await Promise.all([inTurn(at, until), ...onSockets.map((station) => station.scan(at, until))]);
      onProgress?.(Math.min(until, toMs) - fromMs, toMs - fromMs);
    }
    for (const station of stations) station.finish();
    await uplink.connectFor(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    await uplink.drainTo(0);
    const sums = stations.map((station) => station.sent());
    return {
      gateways: stations.length,
      socketGateways: onSockets.length,
      meters: census.meters.length,
      readings: sums.reduce((sum, { readings }) => sum + readings, 0),
      readFailures: sums.reduce((sum, { failures }) => sum + failures, 0),
      faults: new Set(faults.map(({ id }) => id)).size,
    };
  } finally {
    await uplink.stop();
    for (const station of stations) await station.close();
    await truth.close();
  }
}

/** What operators know is entered before anything is read; what cannot begin leaves no open file behind. */
async function begin(
  options: RunCityOptions,
  meters: readonly SimulatedMeter[],
  records: readonly RegistryEvent[],
  truth: Truth,
): Promise<Stations> {
  try {
    await options.enterRecords?.(records);
    return await openStations(options, meters, truth);
  } catch (cause) {
    await truth.close();
    throw cause;
  }
}
