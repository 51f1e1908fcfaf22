import { type Finding, finding } from './finding.ts';

/** Values of one read by quantity code, in the quantities' units. */
export type Snapshot = Readonly<Record<string, number | undefined>>;

/** Phase voltage of the grid, and the secondary side of a 100 V transformer between phase and neutral, and between phases. */
const NOMINAL_V = [220, 57.7, 100];
/** GB/T 12325: ±7 % three-phase, +7/-10 % single-phase; the check uses the handbook's V11, ±10 %. */
const VOLTAGE_BAND = 0.1;
/** Below this share of the nominal voltage a phase is not low but absent. */
const ABSENT = 0.2;
const FREQUENCY_HZ = [49, 51] as const;
const LOW_POWER_FACTOR = 0.5;
/** Below so much apparent power ratios say nothing. */
const LEAST_KVA = 0.05;
const PHASES = ['a', 'b', 'c'] as const;
const FACTORS = [0.001, 0.01, 0.1, 10, 100, 1_000];

/**
 * What is suspicious about the values of one read (handbook V11): phases, voltage and frequency bands, power factor, power
 * against voltage and current, the sign of power, and the two energy registers. Pure.
 */
export const judgeSnapshot = (values: Snapshot): Finding[] => [
  ...judgeVoltages(values),
  ...judgeFrequency(values.frequency),
  ...judgePowerFactor(values['power.factor']),
  ...judgePower(values),
  ...judgeEnergies(values),
];

/** True when voltages or frequency, as far as there are any, are those of a grid: the proof of scale and word order. */
export function looksLikeGrid(values: Snapshot): boolean {
  const voltages = voltagesOf(values).filter((voltage) => voltage > 1);
  const { frequency } = values;
  if (voltages.length === 0 && frequency === undefined) return false;
  return voltages.every(inBand) && (frequency === undefined || inRange(frequency, FREQUENCY_HZ));
}

function judgeVoltages(values: Snapshot): Finding[] {
  const voltages = voltagesOf(values);
  const nominal = NOMINAL_V.find((candidate) => voltages.some((voltage) => near(voltage, candidate, VOLTAGE_BAND)));
  if (voltages.length === 0) return [];
  if (nominal === undefined) return [offScale('voltage', voltages, inBand, 'V') ?? outOfBand(voltages)];
  return PHASES.flatMap((phase) => {
    const voltage = values[`voltage.${phase}`];
    if (voltage === undefined || near(voltage, nominal, VOLTAGE_BAND)) return [];
    const seen = `voltage.${phase} is ${voltage} V, the others are near ${nominal} V`;
    return voltage < nominal * ABSENT
      ? [finding('phase-missing', `${seen}: fuse, tap, or a single-phase connection`)]
      : [finding('voltage-band', `${seen}: outside ±10 %`)];
  });
}

const outOfBand = (voltages: readonly number[]): Finding =>
  finding('voltage-band', `${voltages.join(', ')} V fit no grid: wrong word order, wrong register, or no voltage`);

function judgeFrequency(frequency: number | undefined): Finding[] {
  if (frequency === undefined || inRange(frequency, FREQUENCY_HZ)) return [];
  const fits = (value: number) => inRange(value, FREQUENCY_HZ);
  return [offScale('frequency', [frequency], fits, 'Hz') ?? finding('frequency-band', `${frequency} Hz`)];
}

function judgePowerFactor(factor: number | undefined): Finding[] {
  if (factor === undefined) return [];
  const size = Math.abs(factor);
  if (size > 1.01) return [finding('wrong-scale', `power.factor is ${factor}; it cannot exceed 1`)];
  return size > 0 && size < LOW_POWER_FACTOR
    ? [
        finding(
          'power-factor',
          `power.factor is ${factor}: mixed-up phases between voltage and current, or an idle motor`,
        ),
      ]
    : [];
}

function judgePower(values: Snapshot): Finding[] {
  const { power } = values;
  const apparentKva = apparent(values);
  if (power === undefined) return [];
  const findings: Finding[] = [];
  if (power < 0) {
    const cause = 'all current transformers are reversed, or something feeds into the grid here';
    findings.push(finding('ct-polarity', `power is ${power} kW: ${cause}`));
  }
  if (apparentKva === undefined) return findings;
  const size = Math.abs(power);
  if (apparentKva < LEAST_KVA) {
    if (size > 10 * LEAST_KVA)
      findings.push(finding('current-missing', `power is ${power} kW, U×I ${round(apparentKva)} kVA`));
    return findings;
  }
  return [...findings, ...judgeShare(size, apparentKva, values)];
}

/** Active against apparent power; three phases with one transformer reversed leave a third of it. */
function judgeShare(size: number, apparentKva: number, values: Snapshot): Finding[] {
  const share = size / apparentKva;
  const seen = `power is ${round(size)} kW, U×I of the phases ${round(apparentKva)} kVA`;
  if (share > 1.1) {
    const factor = FACTORS.find((by) => inRange(share * by, [0.5, 1.1]));
    const ratio = `or power is primary and current secondary (ratio near ${round(share)})`;
    return [finding('wrong-scale', `${seen}: ${factor ? `power times ${factor} would fit, ` : ''}${ratio}`)];
  }
  const threePhases = voltagesOf(values).filter((voltage) => voltage > 1).length === 3;
  if (threePhases && inRange(share, [0.25, 0.42])) {
    return [
      finding('ct-polarity', `${seen}, a third: one current transformer of three is reversed, unless the load idles`),
    ];
  }
  // The meter's own power factor says what the share should be; without it only a share that no load has is suspicious.
  const own = Math.abs(values['power.factor'] ?? 0);
  const isKnown = own >= LOW_POWER_FACTOR && own <= 1.01;
  const fitting = isKnown ? ([own * 0.9, own * 1.1] as const) : ([0.7, 1.05] as const);
  const factor = FACTORS.find((by) => by >= 10 && inRange(share * by, fitting));
  return factor && (isKnown || share < 0.02)
    ? [finding('wrong-scale', `${seen}: power times ${factor} would fit`)]
    : [];
}

/** One read cannot prove it: a site that feeds more than it takes looks the same. */
function judgeEnergies(values: Snapshot): Finding[] {
  const { 'energy.import': imported, 'energy.export': exported, power } = values;
  if (imported === undefined || exported === undefined || power === undefined) return [];
  return power > 0 && exported > 100 && exported > imported * 10
    ? [finding('import-export-swapped', `export is ${exported} kWh, import ${imported} kWh, yet power flows in now`)]
    : [];
}

function apparent(values: Snapshot): number | undefined {
  const parts = PHASES.flatMap((phase) => {
    const voltage = values[`voltage.${phase}`];
    const current = values[`current.${phase}`];
    return voltage === undefined || current === undefined ? [] : [(voltage * Math.abs(current)) / 1_000];
  });
  return parts.length === 0 ? undefined : parts.reduce((sum, part) => sum + part, 0);
}

function offScale(what: string, values: readonly number[], fits: (value: number) => boolean, unit: string) {
  const present = values.filter((value) => value !== 0);
  const factor = FACTORS.find((by) => present.length > 0 && present.every((value) => fits(value * by)));
  const detail = `${what} ${values.join(', ')} ${unit}: times ${factor} it would fit`;
  return factor === undefined ? undefined : finding('wrong-scale', detail);
}

const voltagesOf = (values: Snapshot): number[] => PHASES.flatMap((phase) => values[`voltage.${phase}`] ?? []);
const near = (value: number, nominal: number, band: number) => Math.abs(value / nominal - 1) <= band;
const inBand = (voltage: number) => NOMINAL_V.some((nominal) => near(voltage, nominal, VOLTAGE_BAND));
const inRange = (value: number, [low, high]: readonly [number, number]) => value >= low && value <= high;
const round = (value: number) => Number(value.toPrecision(4));
