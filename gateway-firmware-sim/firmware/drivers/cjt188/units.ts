import { fromCounts, type Medium, quantityByCode } from '@ganzhi/schemas';

/** A unit code of CJ/T 188 (annex, unit table). */
export interface WireUnit {
  readonly code: number;
  readonly unit: string;
  readonly kind: 'energy' | 'power' | 'volume' | 'flow';
  /** Into the quantity's unit (GJ, kW, m³, m³/h): times `factor`, then the point moved by `shift` places. */
  readonly factor: bigint;
  readonly shift: number;
}

const unit = (code: number, name: string, kind: WireUnit['kind'], factor: bigint, shift: number): WireUnit => ({
  code,
  unit: name,
  kind,
  factor,
  shift,
});

const UNITS: readonly WireUnit[] = [
  unit(0x01, 'J', 'energy', 1n, 9),
  unit(0x02, 'Wh', 'energy', 36n, 7),
  unit(0x05, 'kWh', 'energy', 36n, 4),
  unit(0x08, 'MWh', 'energy', 36n, 1),
  unit(0x0a, '100 MWh', 'energy', 360n, 0),
  unit(0x0b, 'kJ', 'energy', 1n, 6),
  unit(0x0e, 'MJ', 'energy', 1n, 3),
  unit(0x11, 'GJ', 'energy', 1n, 0),
  unit(0x13, '100 GJ', 'energy', 100n, 0),
  unit(0x14, 'W', 'power', 1n, 3),
  unit(0x17, 'kW', 'power', 1n, 0),
  unit(0x1a, 'MW', 'power', 1000n, 0),
  unit(0x29, 'L', 'volume', 1n, 3),
  unit(0x2c, 'm³', 'volume', 1n, 0),
  unit(0x32, 'L/h', 'flow', 1n, 3),
  unit(0x35, 'm³/h', 'flow', 1n, 0),
];
const byCode = new Map(UNITS.map((row) => [row.code, row]));
if (byCode.size !== UNITS.length) throw new Error('CJ/T 188 units: a code stands twice');

/** The unit of a code, or undefined. */
export const wireUnit = (code: number): WireUnit | undefined => byCode.get(code);

const QUANTITY: Readonly<Partial<Record<`${Medium} ${WireUnit['kind']}`, string>>> = {
  'water volume': 'water.volume',
  'water flow': 'water.flow',
  'gas volume': 'gas.volume',
  'heat energy': 'heat.energy',
};

/** The wire code of the quantity that a meter of this medium measures in this unit, if there is one. */
export const quantityOf = (medium: Medium | undefined, { kind }: WireUnit): string | undefined =>
  medium && QUANTITY[`${medium} ${kind}`];

/** A count in the quantity's unit: exact, because it is arithmetic of integers and a moved point. */
export function inQuantityUnit(count: bigint, decimals: number, wire: WireUnit, quantity: string) {
  const text = fromCounts(count * wire.factor, decimals + wire.shift);
  return { value: Number(text), unit: quantityByCode(quantity)?.unit ?? '' };
}
