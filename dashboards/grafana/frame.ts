import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { LOCALES, type Locale, type Text } from './text.ts';

/** Names of our dashboards in addresses; they never change, bookmarks depend on them. */
export type Subject = 'city' | 'institution';

const TITLES: Readonly<Record<Subject, Text>> = {
  city: { zh: '全市用能总览', en: 'City energy overview' },
  institution: { zh: '机构用能详情', en: 'Institution energy details' },
};

export const uidOf = (subject: Subject, locale: Locale): string =>
  locale === 'zh' ? `ganzhi-${subject}` : `ganzhi-${subject}-${locale}`;

/** Address of an institution's dashboard from a table row with the columns `code` and `division_code`. */
export const institutionLink = (locale: Locale): string =>
  `/d/${uidOf('institution', locale)}?var-division=\${__data.fields.division_code}&var-institution=\${__data.fields.code}&\${__url_time_range}`;

/** What all our dashboards share: identity, zone, refresh, links to the other subject and to the other language. */
export function frame(subject: Subject, locale: Locale, about: Text, from: string): dashboard.DashboardBuilder {
  const others: { title: string; subject: Subject; locale: Locale }[] = [
    ...(['city', 'institution'] as const)
      .filter((other) => other !== subject)
      .map((other) => ({ title: TITLES[other][locale], subject: other, locale })),
    ...LOCALES.filter((other) => other !== locale).map((other) => ({
      title: other === 'zh' ? '中文' : 'English',
      subject,
      locale: other,
    })),
  ];
  return new dashboard.DashboardBuilder(TITLES[subject][locale])
    .uid(uidOf(subject, locale))
    .description(about[locale])
    .tags(['ganzhi', `ganzhi-${locale}`])
    .timezone('Asia/Shanghai')
    .weekStart('monday')
    .readonly()
    .refresh('1m')
    .time({ from, to: 'now' })
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .annotations([])
    .links(others.map(linkTo));
}

/** The SDK's own builder would hide the link in a menu. */
const linkTo = (target: { title: string; subject: Subject; locale: Locale }): Builder<dashboard.DashboardLink> => ({
  build: () => ({
    title: target.title,
    type: dashboard.DashboardLinkType.Link,
    url: `/d/${uidOf(target.subject, target.locale)}`,
    icon: 'dashboard',
    tooltip: '',
    tags: [],
    asDropdown: false,
    targetBlank: false,
    includeVars: true,
    keepTime: true,
  }),
});
