/**
 * Thresholds of the detectors: names, limits within which a person may set them, and defaults (domain handbook §4). A row of
 * `alarm.threshold` takes the place of a default from its day on, for one type of institution or for all.
 */

export interface ThresholdRow {
  readonly detector: string;
  readonly name: string;
  readonly typeCode: string | null;
  readonly value: number;
  /** Shanghai day from which it holds. */
  readonly validFrom: string;
  readonly recordedAt: number;
}

interface Parameter {
  readonly unit: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  /** Types of institution that are otherwise by nature. */
  readonly byType?: Readonly<Record<string, number>>;
}

const of = (
  unit: string,
  value: number,
  least: number,
  most: number,
  byType?: Readonly<Record<string, number>>,
): Parameter => ({ unit, value, least, most, ...(byType ? { byType } : {}) });

/** Nobody sleeps there, or people do: what is usual at night differs. */
const NEVER_SLEEPS = { hospital: 0.75, police: 0.75, university: 0.45 };

export const THRESHOLDS = {
  leak: {
    nights: of('d', 3, 2, 14),
    share: of('1', 0.1, 0.01, 2, NEVER_SLEEPS),
    rise: of('1', 0.15, 0.01, 2),
  },
  'left-on': { rise: of('1', 0.5, 0.1, 5), hours: of('h', 6, 3, 168) },
  ratio: { change: of('1', 0.12, 0.02, 1), hours: of('h', 36, 6, 336) },
  swap: {
    hours: of('h', 48, 12, 336),
    difference: of('1', 0.012, 0.001, 1),
    balance: of('1', 0.05, 0.005, 0.5),
  },
  'always-on': {
    ratio: of('1', 0.45, 0.1, 1, { hospital: 0.6, police: 0.6 }),
    rise: of('1', 0.15, 0.02, 1),
    days: of('d', 10, 5, 60),
  },
  'off-hours': { share: of('1', 0.3, 0.05, 1), rise: of('1', 0.1, 0.02, 1), days: of('d', 14, 7, 60) },
  holiday: { ratio: of('1', 0.5, 0.1, 2), rise: of('1', 0.25, 0.05, 2) },
  weather: {
    lowC: of('°C', 14, 5, 25),
    highC: of('°C', 24, 15, 30),
    rise: of('1', 0.4, 0.1, 5),
    days: of('d', 3, 2, 30),
  },
  step: { sigma: of('sigma', 4, 2, 12), change: of('1', 0.2, 0.05, 2), days: of('d', 5, 3, 30) },
  both: { share: of('1', 0.3, 0.05, 1), hours: of('h', 12, 3, 168), fromC: of('°C', 18, 10, 30) },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Parameter>>>>;

export type Detector = keyof typeof THRESHOLDS;
export type Thresholds<D extends Detector> = { readonly [N in keyof (typeof THRESHOLDS)[D]]: number };

/** A parameter by name; undefined when there is none. */
export function parameterOf(detector: string, name: string): Parameter | undefined {
  const table: Readonly<Record<string, Readonly<Record<string, Parameter>>>> = THRESHOLDS;
  return Object.hasOwn(table, detector) && Object.hasOwn(table[detector] ?? {}, name)
    ? table[detector]?.[name]
    : undefined;
}

/**
 * Thresholds of a detector in force for a type of institution on a day: the type's own row before the row for all, of these the latest day,
 * of one day the latest recorded; else the defaults.
 */
export function thresholdsOn<D extends Detector>(
  rows: readonly ThresholdRow[],
  detector: D,
  { typeCode, day }: { typeCode: string; day: string },
): Thresholds<D> {
  const entries = Object.entries<Parameter>(THRESHOLDS[detector]).map(([name, parameter]) => {
    const held = rows
      .filter(
        (row) =>
          row.detector === detector &&
          row.name === name &&
          row.validFrom <= day &&
          (row.typeCode === null || row.typeCode === typeCode),
      )
      .toSorted(
        (a, b) =>
          Number(b.typeCode !== null) - Number(a.typeCode !== null) ||
          b.validFrom.localeCompare(a.validFrom) ||
          b.recordedAt - a.recordedAt,
      );
    return [name, held[0]?.value ?? parameter.byType?.[typeCode] ?? parameter.value] as const;
  });
  return Object.fromEntries(entries) as Thresholds<D>;
}
