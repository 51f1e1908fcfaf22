import type { ModbusPoint } from '@ganzhi/schemas';
import { WORDS } from './decode.ts';

/** One request: a block of registers and the points inside it. */
export interface BlockRead {
  fc: 3 | 4;
  address: number;
  length: number;
  points: readonly ModbusPoint[];
}

/** Modbus allows 125 registers per request; some meters stop at 120 (`domain` §3.4). */
export const MAX_BLOCK = 120;
/** Unused registers worth reading to save a request: a request costs more than this many registers at 9600 baud. */
export const MAX_GAP = 24;

/**
 * Groups points into block reads: same function, ascending addresses, at most `maxBlock` registers, and no hole wider than
 * `maxGap`. Every point lies in exactly one block, whole.
 */
export function planReads(points: readonly ModbusPoint[], maxBlock = MAX_BLOCK, maxGap = MAX_GAP): BlockRead[] {
  const sorted = [...points].sort((a, b) => a.fc - b.fc || a.address - b.address);
  const blocks: { fc: 3 | 4; address: number; end: number; points: ModbusPoint[] }[] = [];
  for (const point of sorted) {
    const end = point.address + WORDS[point.type];
    const block = blocks.at(-1);
    const joins =
      block !== undefined &&
      block.fc === point.fc &&
      point.address - block.end <= maxGap &&
      Math.max(end, block.end) - block.address <= maxBlock;
    if (joins) {
      block.end = Math.max(block.end, end);
      block.points.push(point);
    } else {
      blocks.push({ fc: point.fc, address: point.address, end, points: [point] });
    }
  }
  return blocks.map(({ end, ...block }) => ({ ...block, length: end - block.address }));
}
