/** What the detectors find: kinds, how bad they are, and what a finding carries. */

/** What is wrong with how a meter or a gateway measures and reports. */
export const DATA_KINDS = [
  'gap',
  'dead-slave',
  'bus-outage',
  'gateway-outage',
  'institution-outage',
  'division-outage',
  'frozen',
  'spike',
  'transient-zero',
  'rollover',
  'reset',
  'replacement',
  'word-order',
  'backward',
  'implausible',
  'disorder',
  'ct-misset',
  'swapped-children',
  'clock-drift',
  'duplicate',
  'reordering',
  'late-backfill',
] as const;
/** What is used for nothing. */
export const WASTE_KINDS = [
  'leak',
  'ac-left-on',
  'always-on',
  'off-hours',
  'holiday-use',
  'mild-weather-cooling',
  'heating-and-cooling',
  'step-change',
] as const;
export const FINDING_KINDS = [...DATA_KINDS, ...WASTE_KINDS] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

export const SEVERITIES = ['notice', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const UNIT_KINDS = ['meter', 'bus', 'gateway', 'institution', 'division'] as const;
export type UnitKind = (typeof UNIT_KINDS)[number];

/** A notice is written down and calls nobody: the ledger or the outbox has coped with it already. */
const NOTICES: ReadonlySet<FindingKind> = new Set([
  'spike',
  'transient-zero',
  'rollover',
  'duplicate',
  'reordering',
  'late-backfill',
]);
/** Every figure of the meter is wrong until somebody comes, or whole sites are blind, or something runs out. */
const CRITICAL: ReadonlySet<FindingKind> = new Set([
  'ct-misset',
  'swapped-children',
  'institution-outage',
  'division-outage',
  'leak',
]);

export const severityOf = (kind: FindingKind): Severity =>
  NOTICES.has(kind) ? 'notice' : CRITICAL.has(kind) ? 'critical' : 'warning';

/** Series to plot, from `fromMs` in steps of `stepMs`; null where nothing is known. */
export interface Plot {
  readonly fromMs: number;
  readonly stepMs: number;
  /** Unit of the values, `kWh/h`. */
  readonly unit: string;
  readonly found: readonly (number | null)[];
  readonly expected: readonly (number | null)[];
}

/** Extra use, in units of the meter's counter; an estimate, never booked. */
export interface Extra {
  /** From the beginning to the end, or until now. */
  readonly amount: number;
  /** In 30 days if nothing is done. */
  readonly perMonth: number;
}

export interface Finding {
  readonly kind: FindingKind;
  readonly unitKind: UnitKind;
  /** Key of the unit: `meter/17`, `gateway/4`, `division/320411`. */
  readonly unit: string;
  /** The meters it strikes. */
  readonly meterIds: readonly number[];
  /** [fromMs, toMs); without an end it lasts. */
  readonly fromMs: number;
  readonly toMs: number | undefined;
  /** Numbers it rests on, by name with unit. */
  readonly evidence: Readonly<Record<string, string | number>>;
  readonly plot?: Plot;
  readonly extra?: Extra;
}

/** A finding at one meter. */
export const atMeter = (
  meterId: number,
  finding: Omit<Finding, 'unitKind' | 'unit' | 'meterIds'> & { readonly meterIds?: readonly number[] },
): Finding => ({ unitKind: 'meter', unit: `meter/${meterId}`, meterIds: [meterId], ...finding });

export const overlapMs = (
  a: { readonly fromMs: number; readonly toMs: number | undefined },
  b: { readonly fromMs: number; readonly toMs: number | undefined },
): number =>
  Math.min(a.toMs ?? Number.POSITIVE_INFINITY, b.toMs ?? Number.POSITIVE_INFINITY) - Math.max(a.fromMs, b.fromMs);

/** Digits a person wants to see. */
export const rounded = (value: number, digits = 3): number => Number(value.toFixed(digits));
