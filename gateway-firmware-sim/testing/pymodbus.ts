import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ModbusTemplate } from '@ganzhi/schemas';

/** One value in registers, as a manual has it; pymodbus encodes it, not our code. */
export interface ForeignRegister {
  fc: 3 | 4;
  address: number;
  type: ModbusTemplate['points'][number]['type'];
  words?: ModbusTemplate['points'][number]['wordOrder'];
  value: number;
}

export interface Pymodbus {
  /** Of the TCP transports. */
  readonly port: number;
  /** Of the serial transport. */
  readonly path: string;
  stop(): Promise<void>;
}

const PYTHON = '/usr/bin/python3';
const SERVER = fileURLToPath(new URL('./pymodbus-server.py', import.meta.url));

/** Debian's python3-pymodbus is there, with what its serial server needs. */
export const hasPymodbus = (): boolean =>
  spawnSync(PYTHON, ['-c', 'import pymodbus.server.async_io, serial_asyncio'], { stdio: 'ignore' }).status === 0;

/** A process with a pymodbus server; `registers` by unit. */
export async function startPymodbus(
  transport: 'tcp' | 'rtu-over-tcp' | 'serial',
  units: Readonly<Record<number, readonly ForeignRegister[]>>,
): Promise<Pymodbus> {
  const child = spawn(PYTHON, [SERVER, JSON.stringify({ transport, units })], { stdio: ['pipe', 'pipe', 'inherit'] });
  const said = await firstLine(child);
  return {
    port: Number(said),
    path: said,
    async stop() {
      const gone = once(child, 'exit');
      child.stdin.end();
      await gone;
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`pymodbus ended with ${code} before it served`);
  });
  const said = child.stdout ? once(child.stdout, 'data').then(([chunk]) => String(chunk).trim()) : died;
  died.catch(() => undefined);
  return Promise.race([said, died]);
}
