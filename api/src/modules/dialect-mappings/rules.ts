import { quantityById } from '@ganzhi/schemas';

/** A point of a meter behind the gateway that no tag feeds yet. */
export interface FreePoint {
  meterId: number;
  meterCode: string;
  meterName: string;
  point: number;
}

export interface Suggestion {
  meterId: number;
  meterCode: string;
  point: string;
  powerOfTen: number;
}

interface Meaning {
  quantities: readonly string[];
  powerOfTen: number;
}

const COUNTERS = ['energy.import', 'water.volume', 'gas.volume', 'heat.energy'];

/** Names as integrators write them, in both languages; the first that fits counts. */
const NAMES: readonly (readonly [RegExp, Meaning])[] = [
  [/反向有功|export|expep|\bepe\b/i, { quantities: ['energy.export'], powerOfTen: 0 }],
  [/无功(总)?电[能度]|kvarh|reactiveenergy/i, { quantities: ['energy.reactive'], powerOfTen: 0 }],
  [/无功功率|kvar|reactive/i, { quantities: ['power.reactive'], powerOfTen: 0 }],
  [/功率因数|powerfactor|cosphi|^pf$/i, { quantities: ['power.factor'], powerOfTen: 0 }],
  [/mwh/i, { quantities: ['energy.import'], powerOfTen: 3 }],
  [/(^|[^a-z])wh(?![a-z])/i, { quantities: ['energy.import'], powerOfTen: -3 }],
  [/[a-jln-z]Wh(?![a-z])/, { quantities: ['energy.import'], powerOfTen: -3 }],
  [/kwh|电[能度]|有功总|energy|^epi?$|consumption/i, { quantities: COUNTERS, powerOfTen: 0 }],
  [/有功功率|kw|power|^p$/i, { quantities: ['power'], powerOfTen: 0 }],
  [/频率|freq|^hz$/i, { quantities: ['frequency'], powerOfTen: 0 }],
  [/a相电压|^ua$|voltage_?(a|l1|1)|^u1$/i, { quantities: ['voltage.a'], powerOfTen: 0 }],
  [/b相电压|^ub$|voltage_?(b|l2|2)|^u2$/i, { quantities: ['voltage.b'], powerOfTen: 0 }],
  [/c相电压|^uc$|voltage_?(c|l3|3)|^u3$/i, { quantities: ['voltage.c'], powerOfTen: 0 }],
  [/a相电流|^ia$|current_?(a|l1|1)|^i1$/i, { quantities: ['current.a'], powerOfTen: 0 }],
  [/b相电流|^ib$|current_?(b|l2|2)|^i2$/i, { quantities: ['current.b'], powerOfTen: 0 }],
  [/c相电流|^ic$|current_?(c|l3|3)|^i3$/i, { quantities: ['current.c'], powerOfTen: 0 }],
  [/瞬时流量|flow/i, { quantities: ['water.flow'], powerOfTen: 0 }],
  [/累计(流|水|气|燃气)量|volume|total|m3/i, { quantities: ['water.volume', 'gas.volume'], powerOfTen: 0 }],
  [/热量|heat/i, { quantities: ['heat.energy'], powerOfTen: 0 }],
  [/温度|temp/i, { quantities: ['temperature'], powerOfTen: 0 }],
];

/** Functions of a collector's electricity meter by number, where the energy code does not say another carrier. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  1: 'energy.import',
  2: 'current.a',
  3: 'current.b',
  4: 'current.c',
  5: 'voltage.a',
  6: 'voltage.b',
  7: 'voltage.c',
  8: 'power',
  9: 'power.factor',
};
/** Carriers of the ministry's energy code, first two digits. */
const CARRIERS: Readonly<Record<string, string>> = { '02': 'water.volume', '03': 'gas.volume', '04': 'heat.energy' };

/**
 * The point that a tag may mean, by its names alone: the meter whose code or name is in the device's name (or the only one left)
 * and the quantity that the tag's name speaks of. Undefined when that is not one point exactly: a wrong guess that somebody
 * accepts without looking costs more than none.
 */
export function suggest(device: string, tag: string, free: readonly FreePoint[]): Suggestion | undefined {
  const meaning = meaningOf(tag);
  if (!meaning) return undefined;
  const fitting = free.filter(({ point }) => meaning.quantities.includes(quantityById(point)?.code ?? ''));
  const named = fitting.filter((candidate) => isNamed(device, tag, candidate));
  const [only, second] =
    named.length > 0 ? named : new Set(fitting.map(({ meterId }) => meterId)).size === 1 ? fitting : [];
  const quantity = only && quantityById(only.point);
  if (!only || second || !quantity) return undefined;
  return { meterId: only.meterId, meterCode: only.meterCode, point: quantity.code, powerOfTen: meaning.powerOfTen };
}

function meaningOf(tag: string): Meaning | undefined {
  const [, id, carrier] = /^(\d{1,3})(?:\/(\d{2})\w*)?$/.exec(tag) ?? [];
  if (id !== undefined) {
    const code = carrier !== undefined && carrier in CARRIERS ? CARRIERS[carrier] : FUNCTIONS[id];
    return code === undefined ? undefined : { quantities: [code], powerOfTen: 0 };
  }
  return NAMES.find(([pattern]) => pattern.test(tag))?.[1];
}

function isNamed(device: string, tag: string, { meterCode, meterName }: FreePoint): boolean {
  const where = `${device}/${tag}`.toLowerCase();
  return [meterCode, meterName].some((name) => name.length >= 3 && where.includes(name.toLowerCase()));
}
