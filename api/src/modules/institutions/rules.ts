import { verdict } from '@ganzhi/analytics/rules';
import { dayStart, SECOND } from '@ganzhi/schemas';
import type { z } from 'zod';
import { energyNumber, energyOf, energyOrNull } from '../../lib/energy.ts';
import { instantOrNull } from '../../lib/time.ts';
import { dueUntil, type SpanFigures, share } from '../consumption/rules.ts';
import type { InstitutionDetail, InstitutionItem } from './schema.ts';
import type { InstitutionRow, QuotaRow } from './sql.ts';

/** Coverage of the day so far: against the time for which values must have arrived, not against 24 hours. */
export function coverageToday(
  { meters, intervalS, coveredS }: { meters: number; intervalS: number; coveredS: number },
  now: number,
): number | null {
  if (meters === 0) return null;
  const dueS = Math.max(0, Math.floor((dueUntil(now, intervalS) - dayStart(now)) / SECOND));
  return share(coveredS, meters * dueS, coveredS > 0);
}

/** A row as the API shows it. */
export function itemOf(row: InstitutionRow, now: number): z.infer<typeof InstitutionItem> {
  const number = (decimal: string | null): number | null => (decimal === null ? null : energyNumber(energyOf(decimal)));
  return {
    id: row.id,
    code: row.code,
    nameZh: row.name_zh,
    nameEn: row.name_en,
    typeCode: row.type_code,
    divisionCode: row.division_code,
    areaM2: Number(row.area_m2),
    headcount: row.headcount,
    metered: row.metered,
    powerKw: number(row.power_kw),
    today: number(row.today),
    yesterdaySameHours: number(row.yesterday_same_hours),
    coverageToday: coverageToday(
      { meters: row.meters, intervalS: row.interval_s, coveredS: Number(row.covered_s) },
      now,
    ),
    lastReadingAt: instantOrNull(row.last_reading_at),
  };
}

/** Quota and year to date. The verdict is about the part of the year that has passed; without a quota there is none. */
export function judged(
  figures: SpanFigures,
  quota: QuotaRow | undefined,
): Pick<z.infer<typeof InstitutionDetail>, 'quota' | 'yearToDate'> {
  const consumption = energyOrNull(figures.consumption);
  const { coverage } = figures;
  if (!quota) return { quota: null, yearToDate: { consumption, coverage, share: null, verdict: null } };
  const constraint = Number(quota.constraint_value);
  const judgement = verdict({
    consumptionKwh: consumption,
    coverage: coverage ?? 0,
    constraintKwh: constraint,
    disputedKwh: energyNumber(figures.disputed),
  });
  return {
    quota: {
      year: quota.year,
      constraint,
      base: Number(quota.base_value),
      guide: Number(quota.guide_value),
      unit: quota.unit,
      sample: quota.sample,
      sourceDocument: quota.source_document,
    },
    yearToDate: { consumption, coverage, share: judgement.share, verdict: judgement.verdict },
  };
}
