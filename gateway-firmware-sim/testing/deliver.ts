import { DAY, HOUR, TelemetryBatch } from '@ganzhi/schemas';
import pino from 'pino';
import { type SimulatedMeter, simulateMeters } from '../city/batch/simulated-meters.ts';
import { openStations, STEP_MS } from '../city/batch/stations.ts';
import type { Truth } from '../city/batch/truth.ts';
import type { Census } from '../city/census/census.ts';
import type { Fault } from '../city/faults/kinds.ts';

export interface DeliverOptions {
  census: Census;
  faults?: readonly Fault[];
  fromMs: number;
  days: number;
  seed?: number;
  sockets?: number;
  dataDir?: string;
  quantities?: readonly string[];
}

/** What the gateways of a small city would have sent, without a server, and the truth beside it. */
export interface Delivered {
  /** In the order in which they went into the outbox. */
  batches: (TelemetryBatch & { id: number })[];
  /** Registers of a meter in order of arrival. */
  of(meter: string, quantity: string): { t: number; x: number }[];
  errorsOf(meter: string): { t: number; code: string }[];
  /** Primary counts by hour, and the meters they belong to. */
  truth: Map<string, Map<number, number>>;
  meters: Map<string, SimulatedMeter>;
  /** What the gateways counted as put into their outboxes. */
  sent: { readings: number; failures: number };
}

const ROUND_MS = 4 * HOUR;

export async function deliver(options: DeliverOptions): Promise<Delivered> {
  const { census, faults = [], fromMs, days, seed = 1, dataDir = '', sockets = 0 } = options;
  const truth = new Map<string, Map<number, number>>();
  const meters = new Map<string, SimulatedMeter>();
  const last = new Map<string, number>();
  const collecting: Truth = {
    atHour(simulated, t) {
      const { code } = simulated.meter;
      const counts = simulated.trueCounts(t);
      const before = last.get(code);
      last.set(code, counts);
      meters.set(code, simulated);
      const hours = truth.get(code) ?? new Map<number, number>();
      truth.set(code, hours);
      if (before !== undefined) hours.set(t - HOUR, (counts - before) * simulated.ratio);
    },
    flush: async () => {},
    close: async () => {},
  };
  const { inProcess, onSockets } = await openStations(
    {
      census,
      faults,
      seed,
      dataDir,
      sockets,
      logger: pino({ level: 'silent' }),
      ...(options.quantities ? { quantities: options.quantities } : {}),
    },
    simulateMeters(census, faults, { seed, fromMs }),
    collecting,
  );
  const stations = [...inProcess, ...onSockets];
  const toMs = fromMs + days * DAY;
  for (let at = fromMs; at <= toMs; at += ROUND_MS) {
    for (const station of stations) await station.scan(at, Math.min(at + ROUND_MS, toMs + STEP_MS));
  }
  for (const station of stations) station.finish();
  const sums = stations.map((station) => station.sent());
  const sent = {
    readings: sums.reduce((sum, { readings }) => sum + readings, 0),
    failures: sums.reduce((sum, { failures }) => sum + failures, 0),
  };
  const batches = stations
    .flatMap(({ outbox }) =>
      (['live', 'backlog'] as const).flatMap((lane) => outbox.next(lane, 0, Number.POSITIVE_INFINITY)),
    )
    .map(({ id, payload }) => ({ id, ...TelemetryBatch.parse(JSON.parse(payload)) }))
    .sort((a, b) => a.id - b.id);
  for (const station of stations) await station.close();
  return {
    batches,
    of: (meter, quantity) =>
      batches.flatMap(({ readings }) =>
        readings.flatMap(({ m, p, t, x }) => (m === meter && p === quantity ? [{ t, x: Number(x) }] : [])),
      ),
    errorsOf: (meter) =>
      batches.flatMap(({ errors }) => errors.flatMap(({ m, t, code }) => (m === meter ? [{ t, code }] : []))),
    truth,
    meters,
    sent,
  };
}
