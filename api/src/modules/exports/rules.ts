import { type Verdict, verdict } from '@ganzhi/analytics/rules';
import { SECOND, shanghaiText } from '@ganzhi/schemas';
import { energyNumber, energyOf } from '../../lib/energy.ts';
import type { Interval } from '../consumption/buckets.ts';
import { dueUntil, share } from '../consumption/rules.ts';
import type { BookedMedium } from '../consumption/schema.ts';
import type { ComplianceRow } from './sql.ts';

/** One line of the report. Null where nothing is known: never a zero. */
export interface ComplianceLine {
  code: string;
  nameZh: string;
  nameEn: string;
  typeZh: string;
  typeEn: string;
  divisionZh: string;
  divisionEn: string;
  areaM2: number;
  medium: BookedMedium;
  constraint: number;
  base: number;
  guide: number;
  unit: string;
  consumption: number | null;
  /** Of the part of the year that has passed. */
  coverage: number | null;
  /** True: more may have been used than is known. Null: nothing is known. */
  atLeast: boolean | null;
  shareUsed: number | null;
  verdict: Verdict;
  quotaSource: string;
  sample: boolean;
  asOf: string;
}

/** Judges one row as of `now`; `span` is the quota's year. */
export function complianceLine(row: ComplianceRow, span: Interval, now: number): ComplianceLine {
  const due = Math.min(span.end, dueUntil(now, row.interval_s));
  const dueS = row.meters * Math.max(0, Math.floor((due - span.start) / SECOND));
  const known = row.booked !== null || row.undistributed !== null;
  const consumption = known ? energyNumber(energyOf(row.booked ?? '0') + energyOf(row.undistributed ?? '0')) : null;
  const coverage = share(Number(row.covered_s), dueS, known);
  const constraint = Number(row.constraint_value);
  const judgement = verdict({
    consumptionKwh: consumption,
    coverage: coverage ?? 0,
    constraintKwh: constraint,
    disputedKwh: energyNumber(energyOf(row.disputed)),
  });
  return {
    code: row.code,
    nameZh: row.name_zh,
    nameEn: row.name_en,
    typeZh: row.type_zh,
    typeEn: row.type_en,
    divisionZh: row.division_zh,
    divisionEn: row.division_en,
    areaM2: Number(row.area_m2),
    medium: row.medium,
    constraint,
    base: Number(row.base_value),
    guide: Number(row.guide_value),
    unit: row.unit,
    consumption,
    coverage: rounded(coverage),
    atLeast: known ? !row.wholly_known : null,
    shareUsed: rounded(judgement.share),
    verdict: judgement.verdict,
    quotaSource: row.source_document,
    sample: row.sample,
    asOf: shanghaiText(now),
  };
}

/** A share to the hundredth of a percent: more digits would pretend to know more. */
const rounded = (share: number | null): number | null => (share === null ? null : Number(share.toFixed(4)));
