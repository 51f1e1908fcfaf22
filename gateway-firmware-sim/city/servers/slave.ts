import type { MeterTemplate } from '@ganzhi/schemas';

/** One simulated meter on a line. */
export interface Slave<T extends MeterTemplate = MeterTemplate> {
  template: T;
  /** What it shows now, in the quantities' units. */
  values(): Readonly<Record<string, number>>;
  /** It does not answer. */
  isDead(): boolean;
}

/** A counter shows only what is full; a thousandth of a count forgives binary fractions. */
export const cutCounts = (value: number, decimals: number): number => Math.floor(value * 10 ** decimals + 1e-3);
