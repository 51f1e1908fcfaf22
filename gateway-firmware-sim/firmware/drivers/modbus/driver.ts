import type { ModbusPoint } from '@ganzhi/schemas';
import type { MeterDriver, ReadResult } from '../driver.ts';
import { createUnitDriver, type Held } from '../unit.ts';
import type { RegisterSource } from './bus.ts';
import { decodePoint, WORDS } from './decode.ts';
import { type BlockRead, planReads } from './plan.ts';

export interface ModbusDriverOptions {
  bus: string;
  unit: number;
  points: readonly ModbusPoint[];
  acquire: () => HeldSource;
}

/** A source of registers held until released; several units share one. */
export type HeldSource = Held<RegisterSource>;

/**
 * One Modbus unit, whatever carries its frames; registers are read in blocks, one by one where the meter
 * refuses a block.
 */
export const createModbusDriver = ({ bus, unit, points, acquire }: ModbusDriverOptions): MeterDriver =>
  createUnitDriver({
    protocol: 'modbus',
    bus,
    requests: planReads(points),
    acquire,
    ask: (source, { fc, address, length }) => source.read(unit, fc, address, length),
    decode: decodeBlock,
    // Registers that nobody asked for lie in a block too; where the meter has none there, it refuses the whole block.
    split: ({ points: members }) => (members.length > 1 ? members.flatMap((point) => planReads([point])) : []),
  });

function decodeBlock(block: BlockRead, registers: Buffer): ReadResult {
  const result: ReadResult = { values: [], failures: [], withoutValue: [] };
  for (const point of block.points) {
    const at = (point.address - block.address) * 2;
    const value = decodePoint(point, registers.subarray(at, at + WORDS[point.type] * 2));
    if (value === undefined) result.withoutValue.push(point.quantity);
    else result.values.push({ quantity: point.quantity, value, quality: 0 });
  }
  return result;
}
