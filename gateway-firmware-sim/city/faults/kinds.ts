import { DAY, HOUR, MINUTE } from '@ganzhi/schemas';

/**
 * Every fault of the simulated city: where it strikes, how often (per unit and day, profile `default`), how long, and the
 * range its magnitude is drawn from. The table in TRUTH.md says the same in words.
 */
export interface KindSpec {
  /** What is struck: one meter, all meters of a gateway, all gateways of a division. */
  at: 'meter' | 'gateway' | 'division';
  /** Changes what was consumed, and so the truth; all others change only what is delivered. */
  physical: boolean;
  /** Mean number per struck unit and day. */
  perDay: number;
  /** Shortest and longest, milliseconds; equal to zero for what happens in one moment. */
  lastsMs: readonly [number, number];
  /** Range of the magnitude, or the values one of which is drawn. */
  magnitude: { from: number; to: number } | { oneOf: readonly number[] };
  /** What the magnitude is. */
  unit: string;
  /** Share of which an operator has a record (see `registry.ts`); absent where nobody would keep one. */
  announcedShare?: number;
}

const spec = <T extends Record<string, KindSpec>>(kinds: T): T => kinds;
/** Of a fault without a size. */
const NONE = { oneOf: [1] } as const;

export const KINDS = spec({
  gap: { at: 'meter', physical: false, perDay: 1 / 300, lastsMs: [30 * MINUTE, 36 * HOUR], magnitude: NONE, unit: '1' },
  frozen: { at: 'meter', physical: false, perDay: 1 / 600, lastsMs: [3 * HOUR, 2 * DAY], magnitude: NONE, unit: '1' },
  spike: {
    at: 'meter',
    physical: false,
    perDay: 1 / 400,
    lastsMs: [0, 0],
    magnitude: { from: 5, to: 20 },
    unit: 'times the register, one reading',
  },
  'transient-zero': {
    at: 'meter',
    physical: false,
    perDay: 1 / 400,
    lastsMs: [0, 0],
    magnitude: { oneOf: [1, 2, 3] },
    unit: 'readings that show 0',
  },
  rollover: { at: 'meter', physical: false, perDay: 1 / 600, lastsMs: [0, 0], magnitude: NONE, unit: 'modulus' },
  reset: { at: 'meter', physical: false, perDay: 1 / 1_200, lastsMs: [0, 0], magnitude: NONE, unit: '1' },
  replacement: {
    at: 'meter',
    physical: false,
    perDay: 1 / 1_200,
    lastsMs: [0, 0],
    magnitude: { from: 0, to: 100 },
    unit: 'start register of the new meter',
    announcedShare: 0.7,
  },
  'ct-misset': {
    at: 'meter',
    physical: false,
    perDay: 1 / 1_500,
    lastsMs: [2 * DAY, 15 * DAY],
    magnitude: { oneOf: [40 / 50, 50 / 40, 40, 1 / 40, 50, 1 / 50] },
    unit: 'times the consumption',
    announcedShare: 0.3,
  },
  'swapped-children': {
    at: 'meter',
    physical: false,
    perDay: 1 / 1_500,
    lastsMs: [3 * DAY, 15 * DAY],
    magnitude: NONE,
    unit: '1',
  },
  leak: {
    at: 'meter',
    physical: true,
    perDay: 1 / 300,
    lastsMs: [3 * DAY, 12 * DAY],
    magnitude: { from: 0.3, to: 2 },
    unit: 'times the mean flow, added',
  },
  'ac-left-on': {
    at: 'meter',
    physical: true,
    perDay: 1 / 300,
    lastsMs: [1 * DAY, 8 * DAY],
    magnitude: { from: 0.6, to: 1.5 },
    unit: 'times the mean power, added while nobody is there',
  },
  'clock-drift': {
    at: 'gateway',
    physical: false,
    perDay: 1 / 400,
    lastsMs: [1 * DAY, 7 * DAY],
    magnitude: { oneOf: [-900, -600, -300, -120, 120, 300, 600, 900] },
    unit: 's off when the clock is set again',
  },
  duplicate: {
    at: 'gateway',
    physical: false,
    perDay: 1 / 200,
    lastsMs: [2 * HOUR, 12 * HOUR],
    magnitude: { oneOf: [1, 2, 3] },
    unit: 'more times sent',
  },
  reordering: {
    at: 'gateway',
    physical: false,
    perDay: 1 / 200,
    lastsMs: [2 * HOUR, 12 * HOUR],
    magnitude: NONE,
    unit: '1',
  },
  'late-backfill': {
    at: 'gateway',
    physical: false,
    perDay: 1 / 300,
    lastsMs: [2 * HOUR, 24 * HOUR],
    magnitude: { oneOf: [1, 3, 6, 12, 24] },
    unit: 'h after its end',
  },
  'dead-slave': { at: 'meter', physical: false, perDay: 1 / 600, lastsMs: [HOUR, 2 * DAY], magnitude: NONE, unit: '1' },
  'division-outage': {
    at: 'division',
    physical: false,
    perDay: 1 / 120,
    lastsMs: [2 * HOUR, 30 * HOUR],
    magnitude: NONE,
    unit: '1',
  },
});

export type FaultKind = keyof typeof KINDS;
export const FAULT_KINDS = Object.keys(KINDS) as FaultKind[];

/** Profiles and how much more often their faults come than the table says. */
export const PROFILES = { none: 0, default: 1, heavy: 6 } as const;
export type FaultProfile = keyof typeof PROFILES;

/** One fault as it was put in. */
export interface Fault {
  /** The same for all meters that one event strikes. */
  id: string;
  kind: FaultKind;
  meter: string;
  gateway: string;
  /** Epoch milliseconds; the fault is there in [start, end). */
  start: number;
  end: number;
  magnitude: number;
  /** The other child of a swap. */
  partner?: string;
  /** The division that an outage cuts off. */
  division?: string;
  /** True when the registry holds a record of it, for kinds that leave one. */
  announced?: boolean;
}
