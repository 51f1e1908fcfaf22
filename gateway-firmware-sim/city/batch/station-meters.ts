import type { Logger } from 'pino';
import { createDriverFactory } from '../../firmware/drivers/index.ts';
import { templateById } from '../../firmware/index.ts';
import { type ModbusServer, type ModbusUnit, startModbusServer } from '../servers/modbus-server.ts';
import { inProcessDriver } from './in-process-driver.ts';
import type { SimulatedMeter } from './simulated-meters.ts';
import type { StationMeters } from './station.ts';

/** Units behind one simulated converter; a big site has several. */
const UNITS_PER_BUS = 60;

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
 * The meters of a gateway on real sockets: those of a Modbus model behind Modbus TCP servers of the loopback, read by the
 * firmware's own drivers; meters of other models stay in this process.
 */
export async function socketMeters(
  simulated: readonly SimulatedMeter[],
  quantities: ReadonlySet<string>,
  { dataDir, timeoutMs, logger }: { dataDir: string; timeoutMs: number; logger: Logger },
): Promise<StationMeters> {
  let now = 0;
  const onSockets = simulated.filter(({ meter }) => templateById(meter.template).protocol === 'modbus');
  const rest = await inProcessMeters(
    simulated.filter((one) => !onSockets.includes(one)),
    quantities,
  );
  const factory = createDriverFactory({ dataDir }, logger);
  const places: { one: SimulatedMeter; unit: number; server: ModbusServer }[] = [];
  for (let at = 0; at < onSockets.length; at += UNITS_PER_BUS) {
    const here = onSockets.slice(at, at + UNITS_PER_BUS);
    const units = new Map<number, ModbusUnit>();
    here.forEach(({ meter, registers }, i) => {
      const template = templateById(meter.template);
      if (template.protocol === 'modbus') units.set(i + 1, { template, registers });
    });
    const server = await startModbusServer({ units, clock: { now: () => now } });
    here.forEach((one, i) => {
      places.push({ one, unit: i + 1, server });
    });
  }
  const meters = places.map(({ one, unit, server }) => ({
    simulated: one,
    driver: factory({
      code: one.meter.code,
      template: one.meter.template,
      intervalMs: one.meter.intervalS * 1_000,
      points: templateById(one.meter.template).points.flatMap(({ quantity }) =>
        quantities.has(quantity) ? [quantity] : [],
      ),
      connection: { protocol: 'modbus-tcp', host: '127.0.0.1', port: server.port, unit, timeoutMs },
    }),
  }));
  await Promise.all(meters.map(({ driver }) => driver.open()));
  return {
    meters: [...meters, ...rest.meters],
    setNow(t) {
      now = t;
      rest.setNow(t);
      for (const { one, unit, server } of places) server.setFault(unit, one.isDead(t) ? 'silent' : undefined);
    },
    async close() {
      await Promise.all(meters.map(({ driver }) => driver.close()));
      await rest.close();
      await Promise.all([...new Set(places.map(({ server }) => server))].map((server) => server.stop()));
    },
  };
}
