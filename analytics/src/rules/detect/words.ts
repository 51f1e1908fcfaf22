import type { FindingKind } from './finding.ts';

export interface KindWords {
  readonly zh: string;
  readonly en: string;
  /** What to do first. */
  readonly doZh: string;
  readonly doEn: string;
}

const of = (zh: string, en: string, doZh: string, doEn: string): KindWords => ({ zh, en, doZh, doEn });

/** Each kind in words, and what to do first. */
export const KIND_WORDS: Readonly<Record<FindingKind, KindWords>> = {
  gap: of('数据缺失', 'No data', '查看网关与该表通信', 'Look at the gateway and the line to this meter'),
  'dead-slave': of(
    '仪表无应答',
    'Meter does not answer',
    '检查仪表供电、地址与接线',
    'Check power, address and wiring of the meter',
  ),
  'bus-outage': of(
    '总线中断',
    'Bus down',
    '检查总线、终端电阻与串口服务器',
    'Check the bus, its termination and the serial server',
  ),
  'gateway-outage': of('网关离线', 'Gateway silent', '检查网关供电与网络', 'Check power and network of the gateway'),
  'institution-outage': of(
    '单位整体离线',
    'Institution silent',
    '联系单位，查供电与网络',
    'Call the institution: power and network',
  ),
  'division-outage': of(
    '区域整体离线',
    'Division silent',
    '联系运营商，查区域网络',
    'Call the carrier: the network of the division',
  ),
  frozen: of('读数冻结', 'Register frozen', '重启仪表或采集通道', 'Restart the meter or its channel'),
  spike: of('读数尖峰', 'Spike', '无需处理，已剔除', 'Nothing: it was set aside'),
  'transient-zero': of('瞬时归零', 'Moment of zero', '无需处理，已剔除', 'Nothing: it was set aside'),
  rollover: of('读数翻转', 'Register rolled over', '无需处理，已按量程计入', 'Nothing: it was booked by the modulus'),
  reset: of('表底归零', 'Register reset', '核实原因并登记', 'Find out why and put it on record'),
  replacement: of(
    '疑似换表',
    'Meter replaced, it seems',
    '登记换表的止码与起码',
    'Record closing and opening register',
  ),
  'word-order': of('字序错误', 'Words swapped', '核对采集模板的字序', 'Check the word order of the template'),
  backward: of('读数倒走', 'Register ran backwards', '核对接线方向与仪表', 'Check direction and meter'),
  implausible: of('用量超限', 'More than can be', '核对倍率与量程', 'Check ratio and range'),
  disorder: of(
    '读数紊乱',
    'Registers in disorder',
    '检查仪表与地址冲突',
    'Check the meter, and whether two share an address',
  ),
  'ct-misset': of(
    '互感器变比疑误',
    'Transformer ratio seems wrong',
    '现场核对变比并更正档案',
    'Read the transformer on site and correct the record',
  ),
  'swapped-children': of(
    '分表疑似接反',
    'Sub-meters seem swapped',
    '核对两块分表的回路',
    'Check the circuits of both meters',
  ),
  'clock-drift': of('网关时钟偏差', 'Gateway clock off', '检查网关对时', 'Check the time source of the gateway'),
  duplicate: of('重复上传', 'Sent again and again', '无需处理，未重复计入', 'Nothing: it counted once'),
  reordering: of('乱序上传', 'Sent out of order', '无需处理，已按时标归位', 'Nothing: it was sorted by its stamps'),
  'late-backfill': of('迟到补传', 'Came late', '无需处理，已重算', 'Nothing: it was computed anew'),
  leak: of('夜间漏水', 'Night leak', '夜间关阀排查用水点', 'Close valves at night and find the draw'),
  'ac-left-on': of('空调未关', 'Air conditioning left on', '下班后巡查空调', 'Walk the rooms after hours'),
  'always-on': of('常开负荷偏高', 'High base load', '盘点夜间常开设备', 'List what runs at night'),
  'off-hours': of('非工作时间用能', 'Use out of hours', '核对运行时间表', 'Check the schedule'),
  'holiday-use': of('节假日用能偏高', 'High use on days off', '核对节假日运行安排', 'Check what runs on days off'),
  'mild-weather-cooling': of(
    '凉爽天开空调',
    'Cooling in mild weather',
    '改用通风，核对温控设定',
    'Ventilate instead, check the set point',
  ),
  'heating-and-cooling': of('冷热同开', 'Heating and cooling at once', '核对冷热源联锁', 'Check the interlock of both'),
  'step-change': of('用量台阶变化', 'Step change', '核实新增设备或用途变化', 'Ask what was added or changed'),
};
