import { join } from 'node:path';
import { GanzhiError } from '@ganzhi/schemas';
import { type Clock, type GatewayConfigInput, templateById } from '../firmware/index.ts';
import type { Registers } from './model/registers.ts';
import type { CityMeter } from './population/metering.ts';
import { type ModbusServer, type ModbusUnit, startModbusServer } from './servers/modbus-server.ts';
import { METERS_FOLDER, type OpcUaMeter, startOpcUaServer } from './servers/opcua-server.ts';

type Connection = GatewayConfigInput['meters'][number]['connection'];

export interface MeterServers {
  /** How each meter is reached, by meter code. */
  connections: ReadonlyMap<string, Connection>;
  /** Modbus server of each gateway, for faults. */
  modbus: ReadonlyMap<string, ModbusServer>;
  stop(): Promise<void>;
}

/**
 * Puts simulated meters on real sockets of the loopback: one Modbus TCP server per gateway (a serial converter with its
 * units), one OPC UA server for all meters that speak it.
 */
export async function startMeterServers(
  meters: readonly CityMeter[],
  registersOf: (meter: CityMeter) => Registers,
  clock: Clock,
  dataDir: string,
): Promise<MeterServers> {
  const connections = new Map<string, Connection>();
  const modbus = new Map<string, ModbusServer>();
  const opcUaMeters: OpcUaMeter[] = [];
  for (const [gatewayCode, ofGateway] of Map.groupBy(meters, (meter) => meter.gatewayCode)) {
    const units = new Map<number, ModbusUnit>();
    const unitOf = new Map<number, string>();
    for (const meter of ofGateway) {
      const template = templateById(meter.template);
      const registers = registersOf(meter);
      if (template.protocol === 'opcua') {
        opcUaMeters.push({ name: meter.code, template, registers });
        continue;
      }
      if (template.protocol !== 'modbus') {
        throw new GanzhiError('config-invalid', `Meter ${meter.code}: no simulated server speaks ${template.protocol}`);
      }
      const unit = units.size + 1;
      units.set(unit, { template, registers });
      unitOf.set(unit, meter.code);
    }
    if (units.size === 0) continue;
    const server = await startModbusServer({ units, clock });
    modbus.set(gatewayCode, server);
    for (const [unit, code] of unitOf) {
      connections.set(code, { protocol: 'modbus-tcp', host: '127.0.0.1', port: server.port, unit });
    }
  }
  const opcUa =
    opcUaMeters.length > 0
      ? await startOpcUaServer({ meters: opcUaMeters, clock, dataDir: join(dataDir, 'opcua-server') })
      : undefined;
  for (const { name } of opcUaMeters) {
    const endpointUrl = opcUa?.endpointUrl ?? '';
    // On the loopback encryption would only cost start-up time and memory.
    connections.set(name, {
      protocol: 'opcua',
      endpointUrl,
      object: `${METERS_FOLDER}/${name}`,
      security: 'none',
      mode: 'poll',
    });
  }
  return {
    connections,
    modbus,
    async stop() {
      await opcUa?.stop();
      await Promise.all([...modbus.values()].map((server) => server.stop()));
    },
  };
}
