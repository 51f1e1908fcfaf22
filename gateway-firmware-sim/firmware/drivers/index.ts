import { join } from 'node:path';
import { GanzhiError, type MeterConfig, type MeterTemplate } from '@ganzhi/schemas';
import type { Logger } from 'pino';
import type { GatewayConfig } from '../config.ts';
import { templateById } from '../templates/index.ts';
import { createCjt188Driver } from './cjt188/driver.ts';
import { createDlt645Driver } from './dlt645/driver.ts';
import type { MeterDriver } from './driver.ts';
import type { DisturbanceObserver, LineBus } from './line/bus.ts';
import { createLinePool, type LinePool } from './line/line-pool.ts';
import { type BusPool, createBusPool } from './modbus/bus-pool.ts';
import { createModbusDriver } from './modbus/driver.ts';
import { createRtuSource } from './modbus/rtu-source.ts';
import { createOpcUaDriver } from './opcua/driver.ts';
import { createSessionPool, type SessionPool } from './opcua/session-pool.ts';
import type { Held } from './unit.ts';

/** Makes the driver of a meter; the simulation puts another factory here to read without sockets. */
export type DriverFactory = (meter: MeterConfig) => MeterDriver;

/** What meters share. */
interface Shared {
  buses: BusPool;
  lines: LinePool;
  sessions: SessionPool;
}

export interface DriverFactoryOptions {
  onDisturbance?: DisturbanceObserver | undefined;
  /** Where templates come from; the firmware's own list when absent. */
  templateOf?: (id: string) => MeterTemplate;
}

/** The drivers of real meters. One factory per gateway: it holds the buses and sessions that its meters share. */
export function createDriverFactory(
  { dataDir }: Pick<GatewayConfig, 'dataDir'>,
  logger: Logger,
  { onDisturbance, templateOf = templateById }: DriverFactoryOptions = {},
): DriverFactory {
  const shared: Shared = {
    buses: createBusPool(onDisturbance),
    lines: createLinePool(onDisturbance),
    sessions: createSessionPool(join(dataDir, 'opcua'), logger),
  };
  return (meter) => createDriver(meter, templateOf(meter.template), shared);
}

/**
 * The driver of a template over a connection.
 *
 * @throws GanzhiError `config-invalid` when the two do not fit
 */
function createDriver(meter: MeterConfig, template: MeterTemplate, { buses, lines, sessions }: Shared): MeterDriver {
  const { connection } = meter;
  if (template.protocol === 'modbus') {
    const points = wantedPoints(template.points, meter);
    if (connection.protocol === 'modbus-tcp') {
      const { host, port, unit } = connection;
      return createModbusDriver({ bus: `${host}:${port}`, unit, points, acquire: () => buses.acquire(connection) });
    }
    if (connection.protocol === 'modbus-rtu') {
      const { unit, timeoutMs } = connection;
      const { bus, acquire } = lines.line(connection.line);
      return createModbusDriver({ bus, unit, points, acquire: () => rtuHeld(acquire(), timeoutMs) });
    }
  }
  if (template.protocol === 'dlt645' && connection.protocol === 'dlt645') {
    const { line, protocol: _, ...meterOnLine } = connection;
    return createDlt645Driver({
      ...meterOnLine,
      ...lines.line(line),
      points: wantedPoints(template.points, meter),
    });
  }
  if (template.protocol === 'cjt188' && connection.protocol === 'cjt188') {
    const { line, protocol: _, ...meterOnLine } = connection;
    const { meterType: type, diOrder } = template;
    const points = wantedPoints(template.points, meter);
    return createCjt188Driver({ ...meterOnLine, ...lines.line(line), type, diOrder, points });
  }
  if (template.protocol === 'opcua' && connection.protocol === 'opcua') {
    return createOpcUaDriver({ connection, points: wantedPoints(template.points, meter), sessions });
  }
  throw new GanzhiError(
    'config-invalid',
    `Meter ${meter.code}: template ${template.id} speaks ${template.protocol}, its connection ${connection.protocol}`,
  );
}

const rtuHeld = ({ source, release }: Held<LineBus>, timeoutMs: number) => ({
  source: createRtuSource(source, timeoutMs),
  release,
});

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
