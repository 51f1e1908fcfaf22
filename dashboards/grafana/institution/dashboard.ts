import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import * as column from '../columns.ts';
import { frame } from '../frame.ts';
import { bars, figures, lines, rows } from '../panels.ts';
import type { Locale, Text } from '../text.ts';
import { divisionVariable, institutionVariable } from '../variables.ts';
import * as sql from './sql.ts';

const ABOUT: Text = {
  zh: '一个公共机构的用电：当前功率、今天与昨天、本年定额、逐时逐日逐月，以及每块表的状态。',
  en: 'Electricity of one public institution: power now, today against yesterday, the quota of this year, hours, days and months, and the state of each meter.',
};

export function institutionDashboard(locale: Locale): Dashboard {
  return frame('institution', locale, ABOUT, 'now-7d')
    .withVariable(divisionVariable(locale))
    .withVariable(institutionVariable(locale))
    .withPanel(
      figures(
        {
          title: { zh: '当前功率', en: 'Power now' },
          about: {
            zh: '最近 15 分钟内有读数的总表功率之和，以及报数总表所占比例。',
            en: 'Sum of the main meters with a value in the last 15 minutes, and the share of main meters that report.',
          },
          sql: sql.powerNow,
          columns: {
            power_kw: column.power,
            coverage: { ...column.coverage, title: { zh: '报数比例', en: 'Share reporting' } },
          },
          width: 6,
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
            zh: '今天已结束的整点小时，与昨天相同的小时比较。',
            en: 'The whole hours of today against the same hours of yesterday.',
          },
          sql: sql.todayAgainstYesterday,
          columns: column.todayAgainstYesterday,
          width: 9,
          height: 4,
        },
        locale,
      ),
    )
    .withPanel(
      figures(
        {
          title: { zh: '本年定额', en: 'Quota of this year' },
          about: {
            zh: '本年确定的用电量、年度约束值、已用比例，以及本年至今的数据覆盖率。覆盖率低时，已用比例只是下限。',
            en: 'Certain consumption of the year, the annual constraint value, the share used, and the coverage of the year so far. With low coverage the share used is a lower bound.',
          },
          sql: sql.quota,
          columns: {
            consumption: column.consumption,
            constraint_value: { title: { zh: '约束值', en: 'Constraint' }, unit: 'energy' },
            share_used: column.quotaUsed,
            coverage: column.coverage,
          },
          width: 9,
          height: 4,
        },
        locale,
      ),
    )
    .withPanel(
      bars(
        {
          title: { zh: '逐时用电', en: 'Electricity by hour' },
          about: {
            zh: '总表每小时入账电量之和。空缺表示没有数据，不是零。',
            en: 'Booked consumption of the main meters in each hour. An empty place means no data, not zero.',
          },
          sql: sql.hourly,
          columns: { consumption: column.consumption },
          unit: 'energy',
          width: 16,
          height: 8,
        },
        locale,
      ),
    )
    .withPanel(
      lines(
        {
          title: { zh: '逐时覆盖率', en: 'Coverage by hour' },
          about: {
            zh: '每小时内有读数支撑的时间比例。',
            en: 'Share of each hour that readings bear out.',
          },
          sql: sql.hourlyCoverage,
          columns: { coverage: { title: column.coverage.title, unit: 'share' } },
          unit: 'share',
          max: 1,
          width: 8,
          height: 8,
        },
        locale,
      ),
    )
    .withPanel(
      bars(
        {
          title: { zh: '逐日用电', en: 'Electricity by day' },
          about: column.ABOUT_DAILY,
          sql: sql.daily,
          columns: column.dailyParts,
          unit: 'energy',
          stacked: true,
          width: 16,
          height: 8,
        },
        locale,
      ),
    )
    .withPanel(
      rows(
        {
          title: { zh: '近 13 个月', en: 'The last 13 months' },
          about: {
            zh: '每月确定的用电量，含跨午夜断数期间的电量；争议电量单列。',
            en: 'Certain consumption of each month, energy of gaps over midnight included; disputed energy stands apart.',
          },
          sql: sql.monthly,
          columns: {
            month: { title: { zh: '月份', en: 'Month' }, unit: 'text' },
            consumption: column.consumption,
            disputed: column.dailyParts.disputed,
          },
          width: 8,
          height: 8,
        },
        locale,
      ),
    )
    .withPanel(
      lines(
        {
          title: { zh: '各表逐时用电', en: 'Electricity by hour and meter' },
          about: {
            zh: '每块电表的小时电量，总表与分表都列出；断线表示缺数。',
            en: 'Hourly consumption of each electricity meter, main and sub; a broken line means missing data.',
          },
          sql: sql.hourlyByMeter(locale),
          columns: {},
          unit: 'energy',
          width: 24,
          height: 8,
        },
        locale,
      ),
    )
    .withPanel(
      rows(
        {
          title: { zh: '计量表', en: 'Meters' },
          about: {
            zh: '所选时间内的用电量与覆盖率，最近读数时间，以及当前的抄表失败原因。',
            en: 'Consumption and coverage in the chosen time, the last reading, and why reading fails now.',
          },
          sql: sql.meters(locale),
          columns: column.meter,
          width: 16,
          height: 9,
        },
        locale,
      ),
    )
    .withPanel(
      rows(
        {
          title: { zh: '网关', en: 'Gateways' },
          about: {
            zh: '本机构的网关：在线状态、最近通信、待补传读数和时钟偏差。',
            en: 'The gateways of this institution: online, last seen, readings waiting and clock offset.',
          },
          sql: sql.gateways(locale),
          columns: column.gateway,
          width: 8,
          height: 9,
        },
        locale,
      ),
    )
    .build();
}
