/**
 * The validation rules V1 to V12 (domain handbook §4) and their thresholds, which are dated data (`ledger.vee_threshold`).
 * V2 and V4 are judged by the classifier and change what is booked; V3 and V8 hold by construction and are proved; the others
 * question what stands, and book nothing.
 */
import { DAY, parseInstant } from '@ganzhi/schemas';

export interface VeeParameter {
  readonly name: string;
  readonly unit: string;
  /** Plausible values, both included: what lies outside is a slip of the pen. */
  readonly least: number;
  readonly most: number;
}

export interface VeeRule {
  readonly code: VeeRuleCode;
  readonly zh: string;
  readonly en: string;
  readonly parameters: readonly VeeParameter[];
}

export const VEE_RULE_CODES = ['V1', 'V2', 'V3', 'V4', 'V5', 'V6', 'V7', 'V8', 'V9', 'V10', 'V11', 'V12'] as const;
export type VeeRuleCode = (typeof VEE_RULE_CODES)[number];

const parameter = (name: string, unit: string, least: number, most: number): VeeParameter => ({
  name,
  unit,
  least,
  most,
});

export const VEE_RULES: readonly VeeRule[] = [
  {
    code: 'V1',
    zh: '读数超出量程',
    en: 'register outside the range of the meter',
    parameters: [parameter('lowest', 'unit', 0, 1e9), parameter('shareOfModulus', '1', 0.5, 1)],
  },
  {
    code: 'V2',
    zh: '推算功率超出装机上限',
    en: 'movement beyond so many times the maximum of the installation',
    parameters: [parameter('timesMaximum', '1', 1, 20)],
  },
  { code: 'V3', zh: '读数回退', en: 'register that fell without rollover or replacement', parameters: [] },
  {
    code: 'V4',
    zh: '读数冻结',
    en: 'frozen display',
    parameters: [parameter('intervals', '1', 2, 96)],
  },
  {
    code: 'V5',
    zh: '日内尖峰',
    en: 'highest hour of a day above the third highest, as a share of it',
    parameters: [parameter('peakRatio', '1', 0.1, 100)],
  },
  {
    code: 'V6',
    zh: '数据缺口',
    en: 'neighbouring readings further apart than so many intervals',
    parameters: [parameter('intervals', '1', 1, 1_000)],
  },
  {
    code: 'V7',
    zh: '时钟偏差',
    en: "gateway's clock off by more than this at its last heartbeat",
    parameters: [parameter('warnS', 's', 1, 3_600), parameter('rejectS', 's', 1, 86_400)],
  },
  {
    code: 'V8',
    zh: '分时合计与读数差不符',
    en: 'hours and spans that do not sum to the movement of the register',
    parameters: [parameter('steps', 'counts', 0, 1_000)],
  },
  {
    code: 'V9',
    zh: '日用量异常偏高或偏低',
    en: 'day outside this range of the mean of its like days in four weeks',
    parameters: [parameter('low', '1', 0, 1), parameter('high', '1', 1, 100)],
  },
  {
    code: 'V10',
    zh: '总分不平衡',
    en: 'parent against its sub-meters, day by day',
    parameters: [parameter('share', '1', 0.001, 1)],
  },
  {
    code: 'V11',
    zh: '缺相、电压越限、功率因数过低或反向',
    en: 'missing phase, voltage outside its band, low power factor, power turned round',
    parameters: [parameter('voltageShare', '1', 0.01, 1), parameter('powerFactor', '1', 0, 1)],
  },
  {
    code: 'V12',
    zh: '计量与账单、日合计与月不符',
    en: 'metered against billed; energy of a month that has no day',
    parameters: [parameter('billShare', '1', 0.001, 1), parameter('daySumShare', '1', 0.001, 1)],
  },
];

/** A row of ledger.vee_threshold. */
export interface VeeThreshold {
  readonly id: number;
  readonly rule: string;
  readonly parameter: string;
  readonly medium: string | null;
  readonly role: string | null;
  readonly value: number;
  /** Shanghai day. */
  readonly validFrom: string;
}

/** The threshold in force for a kind of meter on a day: the one that says most of it, and of these the latest. */
export function thresholdOn(
  thresholds: readonly VeeThreshold[],
  wanted: { rule: string; parameter: string; medium: string; role: string; day: string },
): VeeThreshold | undefined {
  const says = (one: VeeThreshold): number => (one.role === null ? 0 : 1) + (one.medium === null ? 0 : 2);
  return thresholds
    .filter(
      ({ rule, parameter: name, medium, role, validFrom }) =>
        rule === wanted.rule &&
        name === wanted.parameter &&
        (medium === null || medium === wanted.medium) &&
        (role === null || role === wanted.role) &&
        validFrom <= wanted.day,
    )
    .toSorted((a, b) => says(b) - says(a) || b.validFrom.localeCompare(a.validFrom) || b.id - a.id)[0];
}

/** What the classifier takes from the thresholds, from an instant on. */
export interface StepLimits {
  readonly fromTs: number;
  /** V2: a step beyond so many times the installation's maximum is no consumption. */
  readonly timesMaximum: number;
  /** V4: a plateau of so many intervals may be a frozen display. */
  readonly frozenIntervals: number;
}

/** The handbook's, where nothing is recorded. */
export const USUAL_LIMITS: StepLimits = {
  fromTs: Number.NEGATIVE_INFINITY,
  timesMaximum: 2,
  frozenIntervals: 3,
};

/** The limits of a kind of meter over time, ascending; a change holds from the start of its Shanghai day. */
export function stepLimits(
  thresholds: readonly VeeThreshold[],
  kind: { medium: string; role: string },
): readonly StepLimits[] {
  const mine = thresholds.filter(({ rule }) => rule === 'V2' || rule === 'V4');
  const days = [...new Set(mine.map(({ validFrom }) => validFrom))].sort();
  return days.map((day) => {
    const inForce = (rule: string, name: string): number | undefined =>
      thresholdOn(mine, { rule, parameter: name, ...kind, day })?.value;
    return {
      fromTs: parseInstant(day) ?? Number.NEGATIVE_INFINITY,
      timesMaximum: inForce('V2', 'timesMaximum') ?? USUAL_LIMITS.timesMaximum,
      frozenIntervals: inForce('V4', 'intervals') ?? USUAL_LIMITS.frozenIntervals,
    };
  });
}

/** The limits in force at an instant. */
export const limitsAt = (limits: readonly StepLimits[] | undefined, ts: number): StepLimits =>
  limits?.findLast(({ fromTs }) => fromTs <= ts) ?? USUAL_LIMITS;

/** Longest span of a dry run: readings of some hundred meters are read and judged in one request. */
export const LONGEST_DRY_RUN_MS = 31 * DAY;
