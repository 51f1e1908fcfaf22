import { hexByte } from '../../frame/wire/index.ts';
import { type DataItem, indexItems, item, membersOf, pastOf, tariffOf } from './identifier.ts';

const ENERGY = [4, 2, 'kWh'] as const;
const REACTIVE = [4, 2, 'kvarh'] as const;
const APPARENT = [4, 2, 'kVAh'] as const;
const VOLTAGE = [2, 1, 'V'] as const;
const CURRENT = [3, 3, 'A', 'signed'] as const;
const POWER = [3, 4, 'kW', 'signed'] as const;
const REACTIVE_POWER = [3, 4, 'kvar', 'signed'] as const;
const APPARENT_POWER = [3, 4, 'kVA', 'signed'] as const;
const FACTOR = [2, 3, '1', 'signed'] as const;
const ANGLE = [2, 1, '°'] as const;
const SHARE = [2, 2, '%'] as const;
const DEMAND = [8, 4, 'kW', 'demand'] as const;
const REACTIVE_DEMAND = [8, 4, 'kvar', 'demand'] as const;

/**
 * Data identifiers of DL/T 645-2007 annex A. Values are on the secondary side of CT and PT unless the meter says otherwise.
 * Combined energies are signed: combined active may be forward minus reverse (table A.1, note).
 */
const ROWS: readonly DataItem[] = [
  item('00000000', '组合有功总电能', 'Combined active energy', [4, 2, 'kWh', 'signed']),
  item('00010000', '正向有功总电能', 'Forward active energy', ENERGY, { quantity: 'energy.import' }),
  item('00020000', '反向有功总电能', 'Reverse active energy', ENERGY, { quantity: 'energy.export' }),
  // Which quadrants it combines is set in characteristic word 04000602; as delivered, it is the forward reactive energy.
  item('00030000', '组合无功1总电能', 'Combined reactive energy 1', [4, 2, 'kvarh', 'signed'], {
    quantity: 'energy.reactive',
  }),
  item('00040000', '组合无功2总电能', 'Combined reactive energy 2', [4, 2, 'kvarh', 'signed']),
  item('00050000', '第一象限无功总电能', 'Reactive energy, quadrant I', REACTIVE),
  item('00060000', '第二象限无功总电能', 'Reactive energy, quadrant II', REACTIVE),
  item('00070000', '第三象限无功总电能', 'Reactive energy, quadrant III', REACTIVE),
  item('00080000', '第四象限无功总电能', 'Reactive energy, quadrant IV', REACTIVE),
  item('00090000', '正向视在总电能', 'Forward apparent energy', APPARENT),
  item('000A0000', '反向视在总电能', 'Reverse apparent energy', APPARENT),
  item('00150000', 'A相正向有功电能', 'Forward active energy, phase A', ENERGY),
  item('00160000', 'A相反向有功电能', 'Reverse active energy, phase A', ENERGY),
  item('00290000', 'B相正向有功电能', 'Forward active energy, phase B', ENERGY),
  item('002A0000', 'B相反向有功电能', 'Reverse active energy, phase B', ENERGY),
  item('003D0000', 'C相正向有功电能', 'Forward active energy, phase C', ENERGY),
  item('003E0000', 'C相反向有功电能', 'Reverse active energy, phase C', ENERGY),

  item('01010000', '正向有功总最大需量及发生时间', 'Maximum demand, forward active', DEMAND),
  item('01020000', '反向有功总最大需量及发生时间', 'Maximum demand, reverse active', DEMAND),
  item('01030000', '组合无功1总最大需量及发生时间', 'Maximum demand, combined reactive 1', REACTIVE_DEMAND),
  item('01040000', '组合无功2总最大需量及发生时间', 'Maximum demand, combined reactive 2', REACTIVE_DEMAND),

  item('02010100', 'A相电压', 'Voltage, phase A', VOLTAGE, { quantity: 'voltage.a' }),
  item('02010200', 'B相电压', 'Voltage, phase B', VOLTAGE, { quantity: 'voltage.b' }),
  item('02010300', 'C相电压', 'Voltage, phase C', VOLTAGE, { quantity: 'voltage.c' }),
  item('02020100', 'A相电流', 'Current, phase A', CURRENT, { quantity: 'current.a' }),
  item('02020200', 'B相电流', 'Current, phase B', CURRENT, { quantity: 'current.b' }),
  item('02020300', 'C相电流', 'Current, phase C', CURRENT, { quantity: 'current.c' }),
  item('02030000', '瞬时总有功功率', 'Active power', POWER, { quantity: 'power' }),
  item('02030100', '瞬时A相有功功率', 'Active power, phase A', POWER),
  item('02030200', '瞬时B相有功功率', 'Active power, phase B', POWER),
  item('02030300', '瞬时C相有功功率', 'Active power, phase C', POWER),
  item('02040000', '瞬时总无功功率', 'Reactive power', REACTIVE_POWER, { quantity: 'power.reactive' }),
  item('02040100', '瞬时A相无功功率', 'Reactive power, phase A', REACTIVE_POWER),
  item('02040200', '瞬时B相无功功率', 'Reactive power, phase B', REACTIVE_POWER),
  item('02040300', '瞬时C相无功功率', 'Reactive power, phase C', REACTIVE_POWER),
  item('02050000', '瞬时总视在功率', 'Apparent power', APPARENT_POWER),
  item('02050100', '瞬时A相视在功率', 'Apparent power, phase A', APPARENT_POWER),
  item('02050200', '瞬时B相视在功率', 'Apparent power, phase B', APPARENT_POWER),
  item('02050300', '瞬时C相视在功率', 'Apparent power, phase C', APPARENT_POWER),
  item('02060000', '总功率因数', 'Power factor', FACTOR, { quantity: 'power.factor' }),
  item('02060100', 'A相功率因数', 'Power factor, phase A', FACTOR),
  item('02060200', 'B相功率因数', 'Power factor, phase B', FACTOR),
  item('02060300', 'C相功率因数', 'Power factor, phase C', FACTOR),
  item('02070100', 'A相相角', 'Phase angle, phase A', ANGLE),
  item('02070200', 'B相相角', 'Phase angle, phase B', ANGLE),
  item('02070300', 'C相相角', 'Phase angle, phase C', ANGLE),
  item('02080100', 'A相电压波形失真度', 'Voltage distortion, phase A', SHARE),
  item('02080200', 'B相电压波形失真度', 'Voltage distortion, phase B', SHARE),
  item('02080300', 'C相电压波形失真度', 'Voltage distortion, phase C', SHARE),
  item('02090100', 'A相电流波形失真度', 'Current distortion, phase A', SHARE),
  item('02090200', 'B相电流波形失真度', 'Current distortion, phase B', SHARE),
  item('02090300', 'C相电流波形失真度', 'Current distortion, phase C', SHARE),
  item('02800001', '零线电流', 'Neutral current', CURRENT),
  item('02800002', '电网频率', 'Frequency', [2, 2, 'Hz'], { quantity: 'frequency' }),
  item('02800003', '一分钟有功总平均功率', 'Mean active power of one minute', POWER),
  item('02800004', '当前有功需量', 'Active demand', POWER),
  item('02800005', '当前无功需量', 'Reactive demand', REACTIVE_POWER),
  item('02800006', '当前视在需量', 'Apparent demand', APPARENT_POWER),
  item('02800007', '表内温度', 'Temperature inside the meter', [2, 1, '°C', 'signed']),
  item('02800008', '时钟电池电压', 'Voltage of the clock battery', [2, 2, 'V']),
  item('02800009', '停电抄表电池电压', 'Voltage of the read-out battery', [2, 2, 'V']),
  item('0280000A', '内部电池工作时间', 'Working time of the battery', [4, 0, 'min']),

  item('04000101', '日期及星期', 'Date and weekday', [4, 0, '', 'date']),
  item('04000102', '时间', 'Time', [3, 0, '', 'time']),
  item('04000103', '最大需量周期', 'Demand period', [1, 0, 'min']),
  item('04000104', '滑差时间', 'Demand sliding step', [1, 0, 'min']),
  item('04000204', '费率数', 'Number of tariffs', [1, 0]),
  item('04000306', '电流互感器变比', 'CT ratio', [3, 0]),
  item('04000307', '电压互感器变比', 'PT ratio', [3, 0]),
  item('04000401', '通信地址', 'Address', [6, 0, '', 'digits']),
  item('04000402', '表号', 'Meter number', [6, 0, '', 'digits']),
  item('04000403', '资产管理编码', 'Asset code', [32, 0, '', 'text']),
  item('04000404', '额定电压', 'Rated voltage', [6, 0, '', 'text']),
  item('04000405', '额定电流/基本电流', 'Rated current', [6, 0, '', 'text']),
  item('04000406', '最大电流', 'Maximum current', [6, 0, '', 'text']),
  item('04000407', '有功准确度等级', 'Accuracy class, active', [4, 0, '', 'text']),
  item('04000408', '无功准确度等级', 'Accuracy class, reactive', [4, 0, '', 'text']),
  item('04000409', '电表有功常数', 'Meter constant, active', [3, 0, 'imp/kWh']),
  item('0400040A', '电表无功常数', 'Meter constant, reactive', [3, 0, 'imp/kvarh']),
  item('0400040B', '电表型号', 'Meter model', [10, 0, '', 'text']),
  item('04000501', '电表运行状态字1', 'Status word 1', [2, 0, '', 'bits']),
  item('04000502', '电表运行状态字2', 'Status word 2', [2, 0, '', 'bits']),
  item('04000503', '电表运行状态字3', 'Status word 3', [2, 0, '', 'bits']),
  item('04000504', '电表运行状态字4', 'Status word 4 (phase A)', [2, 0, '', 'bits']),
  item('04000505', '电表运行状态字5', 'Status word 5 (phase B)', [2, 0, '', 'bits']),
  item('04000506', '电表运行状态字6', 'Status word 6 (phase C)', [2, 0, '', 'bits']),
  item('04000507', '电表运行状态字7', 'Status word 7', [2, 0, '', 'bits']),

  item('05000001', '定时冻结时间', 'Time of the timed freeze', [5, 0, '', 'minute']),
  item('05000101', '定时冻结正向有功电能', 'Timed freeze, forward active', ENERGY, { repeatsByTariff: true }),
  item('05000201', '定时冻结反向有功电能', 'Timed freeze, reverse active', ENERGY, { repeatsByTariff: true }),
  item('05060001', '日冻结时间', 'Time of the daily freeze', [5, 0, '', 'minute']),
  item('05060101', '日冻结正向有功电能', 'Daily freeze, forward active', ENERGY, { repeatsByTariff: true }),
  item('05060201', '日冻结反向有功电能', 'Daily freeze, reverse active', ENERGY, { repeatsByTariff: true }),
];

export const ITEMS_2007: ReadonlyMap<string, DataItem> = indexItems(ROWS);

const SETTLEMENT = { zh: '结算日', en: 'settlement' };
const FREEZE = { zh: '次', en: 'freeze' };
const MAX_TARIFF = 63;
const MAX_SETTLEMENTS = 12;

/**
 * The item of a 2007 identifier: a row of the table, a tariff of it (DI1 = 1..63), or an earlier settlement or freeze (DI0).
 * Undefined for unknown ones and for blocks (`items2007`).
 */
export function item2007(di: string): DataItem | undefined {
  const listed = ITEMS_2007.get(di);
  if (listed) return listed;
  const [group = 0, , tariff = 0, back = 0] = Buffer.from(di, 'hex');
  if (group === 0x05) {
    const last = ITEMS_2007.get(`${di.slice(0, 6)}01`);
    return last && back > 1 ? pastOf(last, back, di, FREEZE) : undefined;
  }
  if (group !== 0x00 && group !== 0x01) return undefined;
  const total = ITEMS_2007.get(`${di.slice(0, 4)}0000`);
  if (!total || tariff > MAX_TARIFF || back > MAX_SETTLEMENTS) return undefined;
  const current = tariff === 0 ? total : tariffOf(total, tariff, di);
  return back === 0 ? current : pastOf(current, back, di, SETTLEMENT);
}

/**
 * The items of a block identifier (DI1 = FF) in the order they are sent: total and tariffs, or the phases. `bytes` of
 * answer decide how many tariffs there are. Undefined when `di` is no known block.
 */
export function block2007(di: string, bytes: number): DataItem[] | undefined {
  if (di.slice(4, 6) !== 'FF') return undefined;
  return membersOf((index) => item2007(`${di.slice(0, 4)}${hexByte(index)}${di.slice(6)}`), bytes);
}
