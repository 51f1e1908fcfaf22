import type { Cjt188Template, Connection, Dlt645Template, MeterTemplate, ModbusTemplate } from '@ganzhi/schemas';
import { templateById } from '../../firmware/index.ts';
import { hashText, hashUnit } from '../random.ts';
import { type Slaves, startBusServer } from '../servers/bus-server.ts';
import { cjt188Slaves } from '../servers/cjt188-slaves.ts';
import { dlt645Slaves } from '../servers/dlt645-slaves.ts';
import { type ModbusUnit, startModbusServer } from '../servers/modbus-server.ts';
import { rtuSlaves } from '../servers/rtu-slaves.ts';
import type { Slave } from '../servers/slave.ts';
import type { SimulatedMeter } from './simulated-meters.ts';

/** Meters on one simulated bus, and how the firmware reaches each. */
export interface SocketBus {
  places: readonly { one: SimulatedMeter; connection: Connection }[];
  /** To be called when the time has moved. */
  update(): void;
  stop(): Promise<void>;
}

export interface SocketBusOptions {
  now: () => number;
  timeoutMs: number;
}

interface OnBus<T extends MeterTemplate> {
  one: SimulatedMeter;
  template: T;
}

/** Units behind one simulated converter; a big site has several. */
const UNITS_PER_BUS = 60;
/** Share of Modbus buses that are lines behind a serial server. */
const RTU_SHARE = 0.5;

/**
 * Puts simulated meters on buses of the loopback: Modbus TCP, and lines behind serial servers with Modbus RTU, DL/T 645 or
 * CJ/T 188. Heat meters are left out: on the wire they show 0.01 GJ, which is coarser than the truth counts.
 */
export async function openSocketBuses(
  simulated: readonly SimulatedMeter[],
  options: SocketBusOptions,
): Promise<{ buses: SocketBus[]; rest: SimulatedMeter[] }> {
  const modbus: OnBus<ModbusTemplate>[] = [];
  const dlt645: OnBus<Dlt645Template>[] = [];
  const cjt188: OnBus<Cjt188Template>[] = [];
  const rest: SimulatedMeter[] = [];
  for (const one of simulated) {
    const template = templateById(one.meter.template);
    if (template.protocol === 'modbus') modbus.push({ one, template });
    else if (template.protocol === 'dlt645') dlt645.push({ one, template });
    else if (template.protocol === 'cjt188' && one.meter.medium !== 'heat') cjt188.push({ one, template });
    else rest.push(one);
  }
  const buses: SocketBus[] = [];
  for (const [i, group] of groups(modbus).entries()) {
    buses.push(await (isRtu(group, i) ? rtuBus(group, options) : tcpBus(group, options)));
  }
  for (const group of groups(dlt645)) buses.push(await dlt645Bus(group, options));
  for (const group of groups(cjt188)) buses.push(await cjt188Bus(group, options));
  return { buses, rest };
}

const isRtu = ([first]: readonly OnBus<ModbusTemplate>[], i: number): boolean =>
  hashUnit(hashText(first?.one.meter.gatewayCode ?? ''), i) < RTU_SHARE;

function groups<T>(items: readonly T[]): T[][] {
  const found: T[][] = [];
  for (let at = 0; at < items.length; at += UNITS_PER_BUS) found.push(items.slice(at, at + UNITS_PER_BUS));
  return found;
}

async function tcpBus(
  group: readonly OnBus<ModbusTemplate>[],
  { now, timeoutMs }: SocketBusOptions,
): Promise<SocketBus> {
  const units = new Map(
    group.map(({ one, template }, i): [number, ModbusUnit] => [i + 1, { template, registers: one.registers }]),
  );
  const server = await startModbusServer({ units, clock: { now } });
  const { port } = server;
  return {
    places: group.map(({ one }, i) => ({
      one,
      connection: { protocol: 'modbus-tcp', host: '127.0.0.1', port, unit: i + 1, timeoutMs },
    })),
    update() {
      for (const [i, { one }] of group.entries()) server.setFault(i + 1, one.isDead(now()) ? 'silent' : undefined);
    },
    stop: () => server.stop(),
  };
}

const rtuBus = (group: readonly OnBus<ModbusTemplate>[], options: SocketBusOptions): Promise<SocketBus> =>
  lineBus(group, options, {
    addressOf: (i) => i + 1,
    slaves: rtuSlaves,
    connection: (line, unit) => ({ protocol: 'modbus-rtu', line, unit, timeoutMs: options.timeoutMs }),
  });

const dlt645Bus = (group: readonly OnBus<Dlt645Template>[], options: SocketBusOptions): Promise<SocketBus> =>
  lineBus(group, options, {
    addressOf: (i) => String(i + 1).padStart(12, '0'),
    slaves: dlt645Slaves,
    connection: (line, address) => ({ protocol: 'dlt645', line, address, wakeBytes: 4, timeoutMs: options.timeoutMs }),
  });

const cjt188Bus = (group: readonly OnBus<Cjt188Template>[], options: SocketBusOptions): Promise<SocketBus> =>
  lineBus(group, options, {
    addressOf: (i) => String(i + 1).padStart(14, '0'),
    slaves: cjt188Slaves,
    connection: (line, address) => ({ protocol: 'cjt188', line, address, wakeBytes: 3, timeoutMs: options.timeoutMs }),
  });

interface Line {
  kind: 'tcp';
  host: string;
  port: number;
  pauseMs: number;
}

interface LineLanguage<T extends MeterTemplate, A> {
  addressOf(place: number): A;
  slaves(meters: ReadonlyMap<A, Slave<T>>): Slaves;
  connection(line: Line, address: A): Connection;
}

async function lineBus<T extends MeterTemplate, A>(
  group: readonly OnBus<T>[],
  { now }: SocketBusOptions,
  { addressOf, slaves, connection }: LineLanguage<T, A>,
): Promise<SocketBus> {
  const meters = new Map(
    group.map(({ one, template }, i): [A, Slave<T>] => [
      addressOf(i),
      { template, values: () => one.registers(now()), isDead: () => one.isDead(now()) },
    ]),
  );
  const server = await startBusServer(() => slaves(meters));
  const line: Line = { kind: 'tcp', host: '127.0.0.1', port: server.port, pauseMs: 0 };
  return {
    places: group.map(({ one }, i) => ({ one, connection: connection(line, addressOf(i)) })),
    update: () => undefined,
    stop: () => server.stop(),
  };
}
