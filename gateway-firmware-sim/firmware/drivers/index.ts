import { join } from 'node:path';
import { GanzhiError, type MeterTemplate } from '@ganzhi/schemas';
import type { Logger } from 'pino';
import type { GatewayConfig, MeterConfig } from '../config.ts';
import { templateById } from '../templates/index.ts';
import type { MeterDriver } from './driver.ts';
import { type BusPool, createBusPool } from './modbus/bus-pool.ts';
import { createModbusDriver } from './modbus/driver.ts';
import { createOpcUaDriver } from './opcua/driver.ts';
import { createSessionPool, type SessionPool } from './opcua/session-pool.ts';

/** Makes the driver of a meter; the simulation puts another factory here to read without sockets. */
export type DriverFactory = (meter: MeterConfig) => MeterDriver;

/** The drivers of real meters. One factory per gateway: it holds the buses and sessions that its meters share. */
export function createDriverFactory({ dataDir }: Pick<GatewayConfig, 'dataDir'>, logger: Logger): DriverFactory {
  const buses = createBusPool();
  const sessions = createSessionPool(join(dataDir, 'opcua'), logger);
  return (meter) => driverFor(meter, templateById(meter.template), buses, sessions);
}

function driverFor(meter: MeterConfig, template: MeterTemplate, buses: BusPool, sessions: SessionPool): MeterDriver {
  const { connection } = meter;
  if (template.protocol === 'modbus' && connection.protocol === 'modbus-tcp') {
    return createModbusDriver({
      bus: `${connection.host}:${connection.port}`,
      unit: connection.unit,
      points: wantedPoints(template.points, meter),
      acquire: () => buses.acquire(connection),
    });
  }
  if (template.protocol === 'opcua' && connection.protocol === 'opcua') {
    return createOpcUaDriver({ connection, points: wantedPoints(template.points, meter), sessions });
  }
  throw new GanzhiError(
    'config-invalid',
    `Meter ${meter.code}: template ${template.id} speaks ${template.protocol}, its connection ${connection.protocol}`,
  );
}

/**
 * The points of a template that a meter is configured to read.
 *
 * @throws GanzhiError `config-invalid` for a quantity the template does not offer
 */
export function wantedPoints<P extends { quantity: string }>(points: readonly P[], meter: MeterConfig): P[] {
  const missing = meter.points?.filter((wanted) => !points.some(({ quantity }) => quantity === wanted)) ?? [];
  if (missing.length > 0) {
    throw new GanzhiError('config-invalid', `Meter ${meter.code}: ${meter.template} has no ${missing.join(', ')}`);
  }
  return points.filter(({ quantity }) => meter.points?.includes(quantity) ?? true);
}
