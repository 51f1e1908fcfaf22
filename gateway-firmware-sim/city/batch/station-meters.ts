import type { Logger } from 'pino';
import { createDriverFactory } from '../../firmware/drivers/index.ts';
import { templateById } from '../../firmware/index.ts';
import { inProcessDriver } from './in-process-driver.ts';
import type { SimulatedMeter } from './simulated-meters.ts';
import { openSocketBuses } from './socket-buses.ts';
import type { StationMeters } from './station.ts';

/** The meters of a gateway, read in this process. */
export async function inProcessMeters(
  simulated: readonly SimulatedMeter[],
  quantities: ReadonlySet<string>,
): Promise<StationMeters> {
  let now = 0;
  const meters = simulated.map((one) => ({
    simulated: one,
    driver: inProcessDriver({
      template: one.meter.template,
      bus: 'in-process',
      registers: one.registers,
      now: () => now,
      quantities,
      isDead: one.isDead,
    }),
  }));
  await Promise.all(meters.map(({ driver }) => driver.open()));
  return {
    meters,
    setNow(t) {
      now = t;
    },
    async close() {
      await Promise.all(meters.map(({ driver }) => driver.close()));
    },
  };
}

/**
 * The meters of a gateway on real sockets of the loopback, read by the firmware's own drivers; heat meters stay in this
 * process.
 */
export async function socketMeters(
  simulated: readonly SimulatedMeter[],
  quantities: ReadonlySet<string>,
  { dataDir, timeoutMs, logger }: { dataDir: string; timeoutMs: number; logger: Logger },
): Promise<StationMeters> {
  let now = 0;
  const { buses, rest } = await openSocketBuses(simulated, { now: () => now, timeoutMs });
  const inProcess = await inProcessMeters(rest, quantities);
  const factory = createDriverFactory({ dataDir }, logger);
  const meters = buses
    .flatMap(({ places }) => places)
    .map(({ one, connection }) => ({
      simulated: one,
      driver: factory({
        code: one.meter.code,
        template: one.meter.template,
        intervalMs: one.meter.intervalS * 1_000,
        points: templateById(one.meter.template).points.flatMap(({ quantity }) =>
          quantities.has(quantity) ? [quantity] : [],
        ),
        connection,
      }),
    }));
  await Promise.all(meters.map(({ driver }) => driver.open()));
  return {
    meters: [...meters, ...inProcess.meters],
    setNow(t) {
      now = t;
      inProcess.setNow(t);
      for (const bus of buses) bus.update();
    },
    async close() {
      await Promise.all(meters.map(({ driver }) => driver.close()));
      await inProcess.close();
      await Promise.all(buses.map((bus) => bus.stop()));
    },
  };
}
