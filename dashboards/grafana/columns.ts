import { ERRORS } from '@ganzhi/schemas';
import type { Column } from './panels.ts';
import type { Text } from './text.ts';

/** Columns that several panels show, each named once. Coverage: below 90 % is red, from 98 % green. */
export const power: Column = { title: { zh: '功率', en: 'Power' }, unit: 'power' };
export const consumption: Column = { title: { zh: '用电量', en: 'Consumption' }, unit: 'energy' };
export const coverage: Column = { title: { zh: '覆盖率', en: 'Coverage' }, unit: 'share', limits: [0.9, 0.98] };
export const quotaUsed: Column = { title: { zh: '定额已用', en: 'Quota used' }, unit: 'share', redFrom: 1 };
export const outbox: Column = { title: { zh: '待补传读数', en: 'Readings waiting' }, unit: 'count', redFrom: 1_000 };

export const todayAgainstYesterday = {
  today: { title: { zh: '今日', en: 'Today' }, unit: 'energy' },
  yesterday: { title: { zh: '昨日同时段', en: 'Yesterday, same hours' }, unit: 'energy' },
  change: { title: { zh: '变化', en: 'Change' }, unit: 'share' },
} as const satisfies Record<string, Column>;

export const ABOUT_DAILY: Text = {
  zh: '按北京时间的自然日。未分配：断数期间总量已知、时刻未知的电量；争议：等待人工判定，不计入用电量。',
  en: 'Calendar days of Asia/Shanghai. Undistributed: energy of a gap, certain in total but not by the hour. Disputed: waits for a decision and is not part of consumption.',
};

export const dailyParts = {
  booked: { title: { zh: '已入账', en: 'Booked' }, unit: 'energy', color: 'blue' },
  undistributed: { title: { zh: '未分配', en: 'Undistributed' }, unit: 'energy', color: 'orange' },
  disputed: { title: { zh: '争议', en: 'Disputed' }, unit: 'energy', color: 'red' },
} as const satisfies Record<string, Column>;

export const institutionNames = (link: string): Record<string, Column> => ({
  code: { title: { zh: '编码', en: 'Code' }, unit: 'text' },
  name: { title: { zh: '机构', en: 'Institution' }, unit: 'text', link },
  type: { title: { zh: '类型', en: 'Type' }, unit: 'text' },
  division: { title: { zh: '区划', en: 'Division' }, unit: 'text' },
  division_code: { title: { zh: '区划代码', en: 'Division code' }, unit: 'text', hidden: true },
});

const ONLINE = {
  true: { zh: '在线', en: 'online', color: 'green' },
  false: { zh: '离线', en: 'offline', color: 'red' },
};
const ROLES = { main: { zh: '总表', en: 'main' }, sub: { zh: '分表', en: 'sub' } };
/** The reasons a gateway can give, worded as everywhere else. */
const FAILURES = Object.fromEntries(
  Object.entries(ERRORS)
    .filter(([code]) => code.startsWith('read-'))
    .map(([code, { zh, en }]) => [code, { zh, en, color: 'red' }]),
);

const lastReading: Column = { title: { zh: '最近读数', en: 'Last reading' }, unit: 'time' };

export const gateway = {
  gateway: { title: { zh: '网关', en: 'Gateway' }, unit: 'text' },
  name: { title: { zh: '机构', en: 'Institution' }, unit: 'text' },
  online: { title: { zh: '在线', en: 'Online' }, unit: 'text', values: ONLINE },
  last_seen_at: { title: { zh: '最近通信', en: 'Last seen' }, unit: 'time' },
  outbox_readings: outbox,
  clock_offset_s: { title: { zh: '时钟偏差', en: 'Clock offset' }, unit: 'seconds' },
} as const satisfies Record<string, Column>;

export const failingMeter = {
  meter: { title: { zh: '计量表', en: 'Meter' }, unit: 'text' },
  name: { title: { zh: '机构', en: 'Institution' }, unit: 'text' },
  failure_code: { title: { zh: '原因', en: 'Reason' }, unit: 'text', values: FAILURES },
  failing_since: { title: { zh: '起始', en: 'Since' }, unit: 'time' },
  last_reading_at: lastReading,
} as const satisfies Record<string, Column>;

export const meter = {
  meter: { title: { zh: '计量表', en: 'Meter' }, unit: 'text' },
  name: { title: { zh: '名称', en: 'Name' }, unit: 'text' },
  role: { title: { zh: '级别', en: 'Role' }, unit: 'text', values: ROLES },
  template: { title: { zh: '型号', en: 'Model' }, unit: 'text' },
  consumption,
  coverage,
  last_reading_at: lastReading,
  failure_code: { title: { zh: '失败原因', en: 'Failure' }, unit: 'text', values: FAILURES },
} as const satisfies Record<string, Column>;
