import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { cityDashboard } from './city/dashboard.ts';
import { institutionDashboard } from './institution/dashboard.ts';
import { LOCALES, type Locale } from './text.ts';

/** Every dashboard, one line each, in both languages. */
const DASHBOARDS: Readonly<Record<string, (locale: Locale) => Dashboard>> = {
  city: cityDashboard,
  institution: institutionDashboard,
};

export interface DashboardFile {
  /** Below `json/`: the folder is the language. */
  path: string;
  text: string;
}

/** The committed JSON (classic schema, which is what file provisioning accepts). */
export function dashboardFiles(): DashboardFile[] {
  return LOCALES.flatMap((locale) =>
    Object.entries(DASHBOARDS).map(([name, build]) => ({
      path: `${locale}/${name}.json`,
      text: `${JSON.stringify(numbered(build(locale)), null, 2)}\n`,
    })),
  );
}

/** Grafana numbers panels that have no id by itself, but then a link to one panel would not survive a restart. */
function numbered(dashboard: Dashboard): Dashboard {
  return { ...dashboard, panels: (dashboard.panels ?? []).map((panel, index) => ({ ...panel, id: index + 1 })) };
}
