import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import * as column from '../columns.ts';
import { frame, institutionLink } from '../frame.ts';
import { bars, figures, rows } from '../panels.ts';
import type { Locale, Text } from '../text.ts';
import { divisionVariable } from '../variables.ts';
import * as sql from './sql.ts';

const ABOUT: Text = {
  zh: '全市公共机构用电：现在、今天、每小时、每天，以及需要处理的网关和计量表。只统计总表，分表不重复相加。',
  en: 'Electricity of the public institutions: now, today, by hour and day, and the gateways and meters that need work. Main meters only; sub meters are never added again.',
};

export function cityDashboard(locale: Locale): Dashboard {
  return frame('city', locale, ABOUT, 'now-7d')
    .withVariable(divisionVariable(locale))
    .withPanel(
      figures(
        {
          title: { zh: '当前功率', en: 'Power now' },
          about: {
            zh: '最近 15 分钟内有读数的总表功率之和；旁边是报数机构数和其中最低的报数比例。',
            en: 'Sum of the main meters with a value in the last 15 minutes, the institutions that report, and the lowest share of meters reporting among them.',
          },
          sql: sql.powerNow,
          columns: {
            power_kw: column.power,
            reporting: { title: { zh: '报数机构', en: 'Institutions reporting' }, unit: 'count' },
            coverage: { ...column.coverage, title: { zh: '最低报数比例', en: 'Lowest share reporting' } },
          },
          width: 8,
          height: 4,
        },
        locale,
      ),
    )
    .withPanel(
      figures(
        {
          title: { zh: '今日用电', en: 'Electricity today' },
          about: {
            zh: '今天已结束的整点小时，与昨天相同的小时比较。缺数的小时不计，也不当作零。',
            en: 'The whole hours of today against the same hours of yesterday. Hours without data are left out, not counted as zero.',
          },
          sql: sql.todayAgainstYesterday,
          columns: column.todayAgainstYesterday,
          width: 8,
          height: 4,
        },
        locale,
      ),
    )
    .withPanel(
      figures(
        {
          title: { zh: '24 小时覆盖率', en: 'Coverage, 24 hours' },
          about: {
            zh: '最近 24 个整点小时里，有读数支撑的时间所占比例；没有数据的机构按零计入。',
            en: 'Share of the last 24 whole hours that readings bear out; an institution without data counts as uncovered.',
          },
          sql: sql.coverageOfDay,
          columns: {
            coverage: column.coverage,
            metered: { title: { zh: '已计量机构', en: 'Metered institutions' }, unit: 'count' },
            institutions: { title: { zh: '登记机构', en: 'Registered institutions' }, unit: 'count' },
          },
          width: 8,
          height: 4,
        },
        locale,
      ),
    )
    .withPanel(
      bars(
        {
          title: { zh: '逐时用电（按区划）', en: 'Electricity by hour and division' },
          about: {
            zh: '台账中每小时的用电量，按区划叠加。空缺表示没有数据。',
            en: 'Consumption booked in each hour of the ledger, stacked by division. An empty place means no data.',
          },
          sql: sql.hourlyByDivision(locale),
          columns: {},
          unit: 'energy',
          stacked: true,
          width: 16,
          height: 9,
        },
        locale,
      ),
    )
    .withPanel(
      bars(
        {
          title: { zh: '逐日用电', en: 'Electricity by day' },
          about: column.ABOUT_DAILY,
          sql: sql.dailyConsumption,
          columns: column.dailyParts,
          unit: 'energy',
          stacked: true,
          width: 8,
          height: 9,
        },
        locale,
      ),
    )
    .withPanel(
      rows(
        {
          title: { zh: '机构', en: 'Institutions' },
          about: {
            zh: '所选时间内按用电量排序。单位面积用电为所选时间内的值；定额已用为本年累计占约束值的比例。点击名称查看机构。',
            en: 'By consumption in the chosen time. kWh per m² is of the chosen time; quota used is the year so far against the constraint value. Click a name to open the institution.',
          },
          sql: sql.institutions(locale),
          columns: {
            ...column.institutionNames(institutionLink(locale)),
            consumption: column.consumption,
            intensity: { title: { zh: '单位面积用电', en: 'Per area' }, unit: 'intensity' },
            coverage: column.coverage,
            share_used: column.quotaUsed,
          },
          width: 24,
          height: 12,
        },
        locale,
      ),
    )
    .withPanel(
      figures(
        {
          title: { zh: '网关', en: 'Gateways' },
          about: {
            zh: '在线与离线网关数，以及网关自报的待补传读数总数。',
            en: 'Gateways online and offline, and the readings that they say still wait in their outboxes.',
          },
          sql: sql.gatewaysOnline,
          columns: {
            online: { title: { zh: '在线', en: 'Online' }, unit: 'count' },
            offline: { title: { zh: '离线', en: 'Offline' }, unit: 'count', redFrom: 1 },
            outbox_readings: column.outbox,
          },
          width: 8,
          height: 9,
        },
        locale,
      ),
    )
    .withPanel(
      rows(
        {
          title: { zh: '需处理的网关', en: 'Gateways that need work' },
          about: {
            zh: '离线、待补传超过 1000 条，或时钟偏差超过 60 秒的网关。',
            en: 'Offline, more than 1,000 readings waiting, or a clock more than 60 seconds off.',
          },
          sql: sql.gatewayTrouble(locale),
          columns: column.gateway,
          width: 8,
          height: 9,
        },
        locale,
      ),
    )
    .withPanel(
      rows(
        {
          title: { zh: '抄表失败的计量表', en: 'Meters that cannot be read' },
          about: {
            zh: '网关报告读取失败且此后没有新读数的表，最久的在前。',
            en: 'Meters whose gateway reports a failure and that sent no value since; the longest failing first.',
          },
          sql: sql.failingMeters(locale),
          columns: column.failingMeter,
          width: 8,
          height: 9,
        },
        locale,
      ),
    )
    .build();
}
