import { join } from 'node:path';
import { GanzhiError } from '@ganzhi/schemas';
import type { Logger } from 'pino';
import {
  type Clock,
  type GatewayConfigInput,
  type RunningGateways,
  startGateways,
  systemClock,
} from '../firmware/index.ts';
import { createHistory, type History, type HistoryProgress } from './history.ts';
import { type MeterServers, startMeterServers } from './meter-servers.ts';
import { createMeterModel } from './model/meter-model.ts';
import { meterRegisters, type Registers } from './model/registers.ts';
import type { CityMeter } from './population/metering.ts';
import type { CityPopulation } from './population.ts';

export interface StartCityOptions {
  /** What of the city is simulated: gateways and their meters. */
  population: Pick<CityPopulation, 'gateways' | 'meters'>;
  /** Secret of each gateway, by code. */
  tokens: Readonly<Record<string, string>>;
  mqttUrl: string;
  dataDir: string;
  seed: number;
  /** When the meters were installed, epoch ms; the same at every start, or registers would jump. */
  epochMs: number;
  /** Days of history sent once, at the first start; 0 for none. */
  historyDays: number;
  /** How often gateways poll; the meters' own `intervalS` is what the server expects at least. */
  intervalMs?: number;
  host?: string;
  /** Health, metrics and `/progress`; 0 picks a free one. */
  httpPort: number;
  clock?: Clock;
  logger: Logger;
}

export interface RunningCity {
  httpPort: number;
  progress(): HistoryProgress;
  gateways: RunningGateways['gateways'];
  /** Simulated meters, for faults. */
  meterServers: MeterServers;
  stop(): Promise<void>;
}

/** Eight values per meter and minute: the booked register, power, and what a technician looks at. */
const LIVE_QUANTITIES = [
  'energy.import',
  'power',
  'voltage.a',
  'voltage.b',
  'voltage.c',
  'current.a',
  'current.b',
  'current.c',
];

/**
 * A simulated city in one process: meters on real sockets, real gateways that poll them, and the history of the last days.
 *
 * @throws GanzhiError `config-invalid` (a gateway without token), `port-taken`
 */
export async function startCity(options: StartCityOptions): Promise<RunningCity> {
  const { population, clock = systemClock, dataDir, seed, epochMs, logger } = options;
  const registers = new Map<string, Registers>();
  const registersOf = (meter: CityMeter): Registers => {
    const known = registers.get(meter.code) ?? meterRegisters(meter, createMeterModel({ seed, meter, epochMs }));
    registers.set(meter.code, known);
    return known;
  };
  const metersByGateway = Map.groupBy(population.meters, ({ gatewayCode }) => gatewayCode);
  const servers = await startMeterServers(population.meters, registersOf, clock, dataDir);
  let history: History | undefined;
  const progress = (): HistoryProgress => history?.progress() ?? { done: 0, total: 0 };
  let running: RunningGateways;
  try {
    running = await startGateways({
      configs: population.gateways.map(({ code }) =>
        gatewayConfig(options, code, metersByGateway.get(code) ?? [], servers),
      ),
      host: options.host ?? '127.0.0.1',
      httpPort: options.httpPort,
      logger,
      clock,
      pages: {
        '/progress': () => {
          const { done, total } = progress();
          return { historyDone: done, historyTotal: total };
        },
      },
    });
  } catch (cause) {
    await servers.stop();
    throw cause;
  }
  history = createHistory({
    sites: running.gateways.map((gateway) => ({
      gateway,
      meters: (metersByGateway.get(gateway.code) ?? []).map((meter) => ({ meter, registers: registersOf(meter) })),
    })),
    days: options.historyDays,
    epochMs,
    now: () => clock.now(),
  });
  const ending = new AbortController();
  const producing = history
    .run(ending.signal)
    .catch((error: unknown) => logger.error({ err: error }, 'history stopped'));
  return {
    httpPort: running.httpPort,
    progress,
    gateways: running.gateways,
    meterServers: servers,
    async stop() {
      ending.abort();
      await producing;
      await running.stop();
      await servers.stop();
    },
  };
}

function gatewayConfig(
  { tokens, mqttUrl, dataDir, intervalMs = 60_000 }: StartCityOptions,
  code: string,
  meters: readonly CityMeter[],
  { connections }: MeterServers,
): GatewayConfigInput {
  const token = tokens[code];
  if (token === undefined) throw new GanzhiError('config-invalid', `Gateway ${code} has no token`);
  return {
    code,
    token,
    mqttUrl,
    // A demonstration's history is all the backlog there is, and its server stands beside it.
    replayPerS: 5_000,
    dataDir: join(dataDir, 'gateways', code),
    meters: meters.flatMap((meter) => {
      const connection = connections.get(meter.code);
      const points = meter.template === 'opcfoundation-ecm' ? LIVE_QUANTITIES.slice(0, 2) : LIVE_QUANTITIES;
      return connection ? [{ code: meter.code, template: meter.template, intervalMs, points, connection }] : [];
    }),
  };
}
