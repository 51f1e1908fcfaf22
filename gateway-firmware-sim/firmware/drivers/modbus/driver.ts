import type { ModbusPoint } from '@ganzhi/schemas';
import {
  type MeterDriver,
  type PointFailure,
  type PointValue,
  ReadError,
  type ReadFailureCode,
  type ReadResult,
} from '../driver.ts';
import type { RegisterSource } from './bus.ts';
import { decodePoint, WORDS } from './decode.ts';
import { type BlockRead, planReads } from './plan.ts';

/** A healthy unit gets a second try before it counts as failed; one that failed last time does not hold up its bus. */
const TRIES_WHEN_HEALTHY = 2;
/** At most this many scans are skipped for a dead unit between two tries. */
const LONGEST_SKIP = 7;

export interface ModbusDriverOptions {
  bus: string;
  unit: number;
  points: readonly ModbusPoint[];
  acquire: () => HeldSource;
}

/** A source of registers held until released; several units share one. */
export interface HeldSource {
  source: RegisterSource;
  release(): Promise<void>;
}

/**
 * One Modbus unit. A unit that does not answer is asked again after 0, 1, 3, then every 7 skipped scans, and reports its
 * failure in each of them: the others on its bus keep their pace, and "read failed" never looks like silence.
 */
export function createModbusDriver({ bus, unit, points, acquire }: ModbusDriverOptions): MeterDriver {
  const plan = planReads(points);
  let held: HeldSource | undefined;
  let failedScans = 0;
  let skip = 0;
  let lastCode: ReadFailureCode = 'read-timeout';

  return {
    protocol: 'modbus',
    bus,
    async open() {
      held ??= acquire();
    },
    async read() {
      if (!held) return allFailed(points, 'read-disconnected');
      if (skip > 0) {
        skip -= 1;
        return allFailed(points, lastCode);
      }
      const { result, dead } = await readBlocks(held.source, unit, plan, failedScans === 0 ? TRIES_WHEN_HEALTHY : 1);
      failedScans = dead ? failedScans + 1 : 0;
      // A lost connection costs the bus nothing (see connectPauseMs), so it is tried again in every scan.
      skip = dead && dead !== 'read-disconnected' ? Math.min(2 ** (failedScans - 1) - 1, LONGEST_SKIP) : 0;
      if (dead) lastCode = dead;
      return result;
    },
    async close() {
      const letGo = held;
      held = undefined;
      await letGo?.release();
    },
  };
}

/** Reads block by block. A refused block fails alone; after any other failure the unit counts as dead for this scan. */
async function readBlocks(source: RegisterSource, unit: number, plan: readonly BlockRead[], tries: number) {
  const result: ReadResult = { values: [], failures: [], withoutValue: [] };
  let dead: ReadFailureCode | undefined;
  for (const block of plan) {
    if (dead) {
      result.failures.push(...failuresOf(block.points, dead));
      continue;
    }
    try {
      decodeBlock(block, await readBlock(source, unit, block, tries), result);
    } catch (cause) {
      const code = cause instanceof ReadError ? cause.code : 'read-garbage';
      result.failures.push(...failuresOf(block.points, code));
      if (code !== 'read-refused') dead = code;
    }
  }
  return { result, dead };
}

async function readBlock(source: RegisterSource, unit: number, block: BlockRead, tries: number): Promise<Buffer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await source.read(unit, block.fc, block.address, block.length);
    } catch (cause) {
      if (attempt >= tries || (cause instanceof ReadError && cause.code === 'read-refused')) throw cause;
    }
  }
}

function decodeBlock(block: BlockRead, registers: Buffer, result: ReadResult): void {
  for (const point of block.points) {
    const at = (point.address - block.address) * 2;
    const value = decodePoint(point, registers.subarray(at, at + WORDS[point.type] * 2));
    if (value === undefined) result.withoutValue.push(point.quantity);
    else result.values.push({ quantity: point.quantity, value, quality: 0 } satisfies PointValue);
  }
}

const failuresOf = (points: readonly ModbusPoint[], code: ReadFailureCode): PointFailure[] =>
  points.map(({ quantity }) => ({ quantity, code }));

const allFailed = (points: readonly ModbusPoint[], code: ReadFailureCode): ReadResult => ({
  values: [],
  failures: failuresOf(points, code),
  withoutValue: [],
});
