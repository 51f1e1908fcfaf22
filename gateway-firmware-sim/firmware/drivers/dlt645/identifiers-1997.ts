import { type DataItem, indexItems, item, membersOf, tariffOf } from './identifier.ts';

const ENERGY = [4, 2, 'kWh'] as const;
const REACTIVE = [4, 2, 'kvarh'] as const;
const VOLTAGE = [2, 0, 'V'] as const;
const CURRENT = [2, 2, 'A'] as const;
const POWER = [3, 4, 'kW'] as const;
const REACTIVE_POWER = [2, 2, 'kvar'] as const;
const FACTOR = [2, 3, '1'] as const;

/** Data identifiers of DL/T 645-1997 annex A: two bytes, coarser formats, no signs. */
const ROWS: readonly DataItem[] = [
  item('9010', '正向有功总电能', 'Forward active energy', ENERGY, { quantity: 'energy.import' }),
  item('9020', '反向有功总电能', 'Reverse active energy', ENERGY, { quantity: 'energy.export' }),
  item('9110', '正向无功总电能', 'Forward reactive energy', REACTIVE, { quantity: 'energy.reactive' }),
  item('9120', '反向无功总电能', 'Reverse reactive energy', REACTIVE),
  item('9410', '上月正向有功总电能', 'Forward active energy, last month', ENERGY),
  item('9420', '上月反向有功总电能', 'Reverse active energy, last month', ENERGY),
  item('9810', '上上月正向有功总电能', 'Forward active energy, two months back', ENERGY),
  item('A010', '正向有功总最大需量', 'Maximum demand, forward active', POWER),
  item('A020', '反向有功总最大需量', 'Maximum demand, reverse active', POWER),
  item('B010', '正向有功总最大需量发生时间', 'Time of maximum demand, forward active', [4, 0, '', 'month-minute']),
  item('B020', '反向有功总最大需量发生时间', 'Time of maximum demand, reverse active', [4, 0, '', 'month-minute']),
  item('B611', 'A相电压', 'Voltage, phase A', VOLTAGE, { quantity: 'voltage.a' }),
  item('B612', 'B相电压', 'Voltage, phase B', VOLTAGE, { quantity: 'voltage.b' }),
  item('B613', 'C相电压', 'Voltage, phase C', VOLTAGE, { quantity: 'voltage.c' }),
  item('B621', 'A相电流', 'Current, phase A', CURRENT, { quantity: 'current.a' }),
  item('B622', 'B相电流', 'Current, phase B', CURRENT, { quantity: 'current.b' }),
  item('B623', 'C相电流', 'Current, phase C', CURRENT, { quantity: 'current.c' }),
  item('B630', '瞬时有功功率', 'Active power', POWER, { quantity: 'power' }),
  item('B631', 'A相有功功率', 'Active power, phase A', POWER),
  item('B632', 'B相有功功率', 'Active power, phase B', POWER),
  item('B633', 'C相有功功率', 'Active power, phase C', POWER),
  item('B640', '瞬时无功功率', 'Reactive power', REACTIVE_POWER, { quantity: 'power.reactive' }),
  item('B641', 'A相无功功率', 'Reactive power, phase A', REACTIVE_POWER),
  item('B642', 'B相无功功率', 'Reactive power, phase B', REACTIVE_POWER),
  item('B643', 'C相无功功率', 'Reactive power, phase C', REACTIVE_POWER),
  item('B650', '总功率因数', 'Power factor', FACTOR, { quantity: 'power.factor' }),
  item('B651', 'A相功率因数', 'Power factor, phase A', FACTOR),
  item('B652', 'B相功率因数', 'Power factor, phase B', FACTOR),
  item('B653', 'C相功率因数', 'Power factor, phase C', FACTOR),
  item('C010', '日期及周次', 'Date and weekday', [4, 0, '', 'date']),
  item('C011', '时间', 'Time', [3, 0, '', 'time']),
  item('C030', '电表常数(有功)', 'Meter constant, active', [3, 0, 'imp/kWh']),
  item('C031', '电表常数(无功)', 'Meter constant, reactive', [3, 0, 'imp/kvarh']),
  item('C032', '表号', 'Meter number', [6, 0, '', 'digits']),
  item('C033', '用户号', 'Customer number', [6, 0, '', 'digits']),
  item('C034', '设备码', 'Device code', [6, 0, '', 'digits']),
];

export const ITEMS_1997: ReadonlyMap<string, DataItem> = indexItems(ROWS);

/** Energies and demands have tariffs 1 to 14 in the last digit, and the block F. */
const BY_TARIFF = /^[9A]/;

/** The item of a 1997 identifier: a row, or a tariff of an energy or demand. Undefined for unknown ones and blocks. */
export function item1997(di: string): DataItem | undefined {
  const listed = ITEMS_1997.get(di);
  if (listed) return listed;
  const tariff = Number.parseInt(di.slice(3), 16);
  const total = ITEMS_1997.get(`${di.slice(0, 3)}0`);
  return total && BY_TARIFF.test(di) && tariff < 15 ? tariffOf(total, tariff, di) : undefined;
}

/** The items of a block identifier (last digit F) in the order they are sent. Undefined when `di` is no known block. */
export function block1997(di: string, bytes: number): DataItem[] | undefined {
  if (di.slice(3) !== 'F') return undefined;
  return membersOf(
    (index) => (index < 15 ? item1997(`${di.slice(0, 3)}${index.toString(16).toUpperCase()}`) : undefined),
    bytes,
  );
}
