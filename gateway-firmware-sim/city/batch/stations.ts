import { join } from 'node:path';
import { MINUTE } from '@ganzhi/schemas';
import type { Logger } from 'pino';
import { openOutbox } from '../../firmware/index.ts';
import type { Census } from '../census/census.ts';
import { type Fault, KINDS } from '../faults/kinds.ts';
import { unit } from '../random.ts';
import { memoryOutbox } from './memory-outbox.ts';
import type { SimulatedMeter } from './simulated-meters.ts';
import { createStation, type Station } from './station.ts';
import { inProcessMeters, socketMeters } from './station-meters.ts';
import type { Truth } from './truth.ts';

export interface StationsOptions {
  census: Census;
  faults: readonly Fault[];
  seed: number;
  /** Outboxes of the gateways on sockets. */
  dataDir: string;
  /** Share of the gateways that read their meters through sockets, 0 to 1. */
  sockets?: number;
  /** How long a meter on a socket may take to answer, real time; a dead one costs that much at each try. */
  socketTimeoutMs?: number;
  quantities?: readonly string[];
  logger: Logger;
}

export interface Stations {
  inProcess: readonly Station[];
  onSockets: readonly Station[];
}

export const STEP_MS = 15 * MINUTE;
/** What meters deliver: the booked register, its rate, and what a technician looks at. */
export const ALL_QUANTITIES = [
  'energy.import',
  'power',
  'voltage.a',
  'voltage.b',
  'voltage.c',
  'current.a',
  'current.b',
  'current.c',
  'water.volume',
  'water.flow',
  'gas.volume',
  'heat.energy',
] as const;

/** Our own loopback is slow only on a machine that has much else to do; then nobody must take a live meter for dead. */
const SOCKET_TIMEOUT_MS = 5_000;

/** Stations of a run, by gateway; who opened them closes them. */
export async function openStations(
  options: StationsOptions,
  meters: readonly SimulatedMeter[],
  truth: Truth,
): Promise<Stations> {
  const { census, faults, seed, dataDir, sockets = 0, socketTimeoutMs = SOCKET_TIMEOUT_MS, logger } = options;
  const quantities = new Set<string>(options.quantities ?? ALL_QUANTITIES);
  const simulated = Map.groupBy(meters, ({ meter }) => meter.gatewayCode);
  const uploadFaults = Map.groupBy(
    faults.filter(({ kind }) => KINDS[kind].at !== 'meter'),
    ({ gateway }) => gateway,
  );
  const inProcess: Station[] = [];
  const onSockets: Station[] = [];
  try {
    for (const { code } of census.gateways) {
      const meters = simulated.get(code) ?? [];
      const byWire = unit(seed, code, 'sockets') < sockets;
      const folder = join(dataDir, 'gateways', code);
      const station = createStation({
        code,
        outbox: byWire ? openOutbox({ path: join(folder, 'outbox.db') }) : memoryOutbox(),
        meters: byWire
          ? await socketMeters(meters, quantities, { dataDir: folder, timeoutMs: socketTimeoutMs, logger })
          : await inProcessMeters(meters, quantities),
        stepMs: STEP_MS,
        faults: oneEach(uploadFaults.get(code) ?? []),
        truth,
      });
      (byWire ? onSockets : inProcess).push(station);
    }
    return { inProcess, onSockets };
  } catch (cause) {
    for (const station of [...inProcess, ...onSockets]) await station.close();
    throw cause;
  }
}

/** Faults of a gateway are listed for each of its meters. */
const oneEach = (faults: readonly Fault[]): Fault[] => [...new Map(faults.map((fault) => [fault.id, fault])).values()];
