/**
 * Consumption in blocks of three hours: 2 to 5, 5 to 8 … 23 to 2 o'clock in Shanghai. Long enough that a coarse register moves, short
 * enough to tell night from day, and 2 to 5 is the night of the leak rule (domain handbook §4).
 */
import { DAY, dateText, HOUR } from '@ganzhi/schemas';
import { type CalendarOverrides, dayType, isWorking } from '../energy/calendar.ts';

export const BLOCK_MS = 3 * HOUR;
export const BLOCKS_PER_DAY = DAY / BLOCK_MS;

export interface Grid {
  /** Start of the first block; a multiple of BLOCK_MS since the epoch, which is 2, 5, 8 … o'clock in Shanghai. */
  readonly fromMs: number;
  readonly count: number;
}

export const gridOf = (fromMs: number, toMs: number): Grid => {
  const first = Math.floor(fromMs / BLOCK_MS) * BLOCK_MS;
  return { fromMs: first, count: Math.max(0, Math.ceil((toMs - first) / BLOCK_MS)) };
};

export const blockStart = (grid: Grid, block: number): number => grid.fromMs + block * BLOCK_MS;

/** Hour of the Shanghai day at which a block begins: 2, 5, … 23. */
export const hourOfBlock = (grid: Grid, block: number): number => (blockStart(grid, block) / HOUR + 8) % 24;

export const NIGHT_HOUR = 2;

/** One meter's blocks; NaN where an hour of the block is not known. */
export interface Series {
  /** Mean of the three hours, units per hour. */
  readonly rate: Float64Array;
  /** The lowest of the three hours, units per hour. */
  readonly low: Float64Array;
}

/** What the detectors must know of a meter. */
export interface DetectMeter {
  readonly id: number;
  readonly code: string;
  readonly institutionId: number;
  readonly gatewayId: number | null;
  readonly divisionCode: string;
  readonly typeCode: string;
  readonly medium: string;
  readonly role: 'main' | 'sub';
  readonly parentId: number | null;
  /** Item of the monitoring guide (A, B, C, D), its own or that of the next meter above that has one. */
  readonly item: string | null;
  readonly intervalS: number;
  /** Unit of the counter. */
  readonly unit: string;
  /** Least step of the register, units of primary energy. */
  readonly step: number;
}

/** Whether people work on the day in which a block begins; the block from 23 o'clock belongs to the evening. */
export function workingBlocks(grid: Grid, overrides?: CalendarOverrides): boolean[] {
  const known = new Map<string, boolean>();
  return Array.from({ length: grid.count }, (_, block) => {
    const day = dateText(blockStart(grid, block));
    const working = known.get(day) ?? isWorking(dayType(day, overrides).type);
    known.set(day, working);
    return working;
  });
}

export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** @param share 0 to 1 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Blocks [from, to) of a series to plot, rounded; null where unknown. */
export const cut = (values: Float64Array, from: number, to: number): (number | null)[] =>
  Array.from(values.subarray(from, to), (value) => (Number.isNaN(value) ? null : Number(value.toPrecision(5))));
