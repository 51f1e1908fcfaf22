import net from 'node:net';
import type { ModbusTemplate } from '@ganzhi/schemas';
import modbusSerial from 'modbus-serial';
import type { Clock } from '../../firmware/index.ts';
import type { Registers } from '../model/registers.ts';
import { type RegisterImage, registerImage } from './encode.ts';

export interface ModbusUnit {
  template: ModbusTemplate;
  registers: Registers;
}

/** How a unit misbehaves: says nothing, answers with an exception, with noise, or hangs up. */
export type UnitFault = 'silent' | 'exception' | 'garbage' | 'hang-up';

export interface ModbusServerOptions {
  units: ReadonlyMap<number, ModbusUnit>;
  clock: Pick<Clock, 'now'>;
  host?: string;
  /** 0 picks a free one. */
  port?: number;
}

export interface ModbusServer {
  readonly port: number;
  /** Sets or clears a unit's fault. */
  setFault(unit: number, fault: UnitFault | undefined): void;
  stop(): Promise<void>;
}

const ILLEGAL_ADDRESS = 2;
const DEVICE_FAILURE = 4;
const NO_SUCH_UNIT = 11;

/**
 * Meters behind one Modbus TCP gateway: each unit id shows its model's registers at `clock.now()`.
 */
export async function startModbusServer(options: ModbusServerOptions): Promise<ModbusServer> {
  const { units, clock, host = '127.0.0.1', port = 0 } = options;
  const faults = new Map<number, UnitFault>();

  const answer =
    (fc: 3 | 4) =>
    (address: number, length: number, unitId: number, reply: (error: Error | null, words: number[]) => void) => {
      const unit = units.get(unitId);
      const fault = faults.get(unitId);
      if (fault) return misbehave(fault, server, reply);
      if (!unit) return reply(exception(NO_SUCH_UNIT), []);
      const image = registerImage(unit.template.points, fc, unit.registers(clock.now()));
      return reply(...wordsOf(image, address, length));
    };
  const single = (fc: 3 | 4) => (address: number, unitId: number, reply: (error: Error | null, word: number) => void) =>
    answer(fc)(address, 1, unitId, (error, [word = 0]) => reply(error, word));
  const server: ServerTcp = new modbusSerial.ServerTCP(
    {
      getMultipleHoldingRegisters: answer(3),
      getMultipleInputRegisters: answer(4),
      getHoldingRegister: single(3),
      getInputRegister: single(4),
    },
    // The library takes the number 0 for "default port 502"; the text reaches `listen` and picks a free port.
    { host, port: (port === 0 ? '0' : port) as number },
  );
  await new Promise<void>((resolve, reject) => {
    server.on('initialized', () => resolve());
    server.on('serverError', (error) => reject(error ?? new Error('Modbus server failed')));
  });

  return {
    port: boundPort(server),
    setFault(unit, fault) {
      if (fault) faults.set(unit, fault);
      else faults.delete(unit);
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

type ServerTcp = InstanceType<typeof modbusSerial.ServerTCP>;

/** Zeros between mapped registers; an address outside the map's span is refused, as real meters do. */
export function wordsOf(image: RegisterImage, address: number, length: number): [Error | null, number[]] {
  const end = address + length - 1;
  if (!image.has(address) && !image.has(end)) return [exception(ILLEGAL_ADDRESS), []];
  return [null, Array.from({ length }, (_, i) => image.get(address + i) ?? 0)];
}

function misbehave(fault: UnitFault, server: ServerTcp, reply: (error: Error | null, words: number[]) => void): void {
  if (fault === 'exception') reply(exception(DEVICE_FAILURE), []);
  for (const socket of server.socks.keys()) {
    if (fault === 'garbage') socket.write(Buffer.from('4e4f495345ff00ff', 'hex'));
    if (fault === 'hang-up') socket.destroy();
  }
}

const exception = (modbusErrorCode: number): Error => Object.assign(new Error('Modbus exception'), { modbusErrorCode });

/** The library keeps its net.Server to itself; there is no other way to learn the port. */
function boundPort(server: ServerTcp): number {
  const inner: unknown = Reflect.get(server, '_server');
  const address = inner instanceof net.Server ? inner.address() : null;
  if (address === null || typeof address === 'string') throw new Error('modbus-serial: the port cannot be found');
  return address.port;
}
