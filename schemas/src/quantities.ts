/**
 * The one vocabulary of measured quantities: wire code, number in the database, unit, kind, resolution.
 *
 * Every template maps a register *to* a quantity, every output reads its unit *from* here, so a unit string stands
 * nowhere else. `id` is stored in `metering.reading.point` and never reused; `decimals` is the default resolution
 * (a value is stored as an integer count of 10^-decimals units), which a meter's own point row may refine.
 */
export interface Quantity {
  /** Stable number in the database (int2). */
  readonly id: number;
  /** Code on the wire, `p` in a reading. */
  readonly code: string;
  readonly zh: string;
  readonly en: string;
  readonly unit: string;
  /** A counter is a cumulative register; a gauge is a momentary value. */
  readonly kind: 'counter' | 'gauge';
  readonly medium: Medium;
  readonly decimals: number;
}

export const MEDIA = ['electricity', 'water', 'gas', 'heat', 'environment'] as const;
export type Medium = (typeof MEDIA)[number];

const quantity = (
  id: number,
  code: string,
  zh: string,
  en: string,
  unit: string,
  kind: Quantity['kind'],
  decimals: number,
  medium: Medium = 'electricity',
): Quantity => ({ id, code, zh, en, unit, kind, medium, decimals });

export const QUANTITIES: readonly Quantity[] = [
  quantity(1, 'energy.import', '正向有功电能', 'Active energy, import', 'kWh', 'counter', 2),
  quantity(2, 'energy.export', '反向有功电能', 'Active energy, export', 'kWh', 'counter', 2),
  quantity(3, 'energy.reactive', '正向无功电能', 'Reactive energy, import', 'kvarh', 'counter', 2),
  quantity(10, 'power', '有功功率', 'Active power', 'kW', 'gauge', 3),
  quantity(11, 'power.reactive', '无功功率', 'Reactive power', 'kvar', 'gauge', 3),
  quantity(12, 'power.factor', '功率因数', 'Power factor', '1', 'gauge', 3),
  quantity(20, 'voltage.a', 'A相电压', 'Voltage, phase A', 'V', 'gauge', 1),
  quantity(21, 'voltage.b', 'B相电压', 'Voltage, phase B', 'V', 'gauge', 1),
  quantity(22, 'voltage.c', 'C相电压', 'Voltage, phase C', 'V', 'gauge', 1),
  quantity(30, 'current.a', 'A相电流', 'Current, phase A', 'A', 'gauge', 3),
  quantity(31, 'current.b', 'B相电流', 'Current, phase B', 'A', 'gauge', 3),
  quantity(32, 'current.c', 'C相电流', 'Current, phase C', 'A', 'gauge', 3),
  quantity(40, 'frequency', '频率', 'Frequency', 'Hz', 'gauge', 2),
  quantity(50, 'water.volume', '累计水量', 'Water volume', 'm³', 'counter', 2, 'water'),
  quantity(51, 'water.flow', '瞬时流量', 'Water flow', 'm³/h', 'gauge', 3, 'water'),
  quantity(60, 'gas.volume', '累计燃气量', 'Gas volume', 'm³', 'counter', 2, 'gas'),
  quantity(70, 'heat.energy', '累计热量', 'Heat energy', 'GJ', 'counter', 3, 'heat'),
  quantity(80, 'temperature', '温度', 'Temperature', '°C', 'gauge', 1, 'environment'),
];

const byCode = new Map(QUANTITIES.map((q) => [q.code, q]));
const byId = new Map(QUANTITIES.map((q) => [q.id, q]));
if (byCode.size !== QUANTITIES.length || byId.size !== QUANTITIES.length) {
  throw new Error('quantities.ts: a code or an id stands twice');
}

/** The quantity with this wire code, or undefined. */
export const quantityByCode = (code: string): Quantity | undefined => byCode.get(code);

/** The quantity with this database number, or undefined. */
export const quantityById = (id: number): Quantity | undefined => byId.get(id);

/** The counter that is booked in the ledger for a medium (forward energy, volume, heat). */
export const BOOKED_COUNTER: Readonly<Record<Exclude<Medium, 'environment'>, Quantity>> = {
  electricity: mustHave('energy.import'),
  water: mustHave('water.volume'),
  gas: mustHave('gas.volume'),
  heat: mustHave('heat.energy'),
};

function mustHave(code: string): Quantity {
  const found = byCode.get(code);
  if (!found) throw new Error(`quantities.ts: ${code} is missing`);
  return found;
}
