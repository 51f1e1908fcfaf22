import { unit } from '../random.ts';
import type { TypeCode } from './catalogue.ts';
import { type CityInstitution, typicalKwhPerM2 } from './institutions.ts';

/** Annual electricity quota of one institution; three values, constraint ≥ base ≥ guide. */
export interface CityQuota {
  institutionCode: string;
  medium: 'electricity';
  unit: 'kWh';
  constraint: number;
  base: number;
  guide: number;
  /** True: made for demonstration, not taken from a standard in force. */
  sample: boolean;
  sourceDocument: string;
}

const SOURCE = '示例数据：面积 × 类型单耗，非 DB32/T 4001-2021 标准值 (sample: area × figure of the type)';
const PART_YEAR = '示例数据：新启用，按实际使用天数折算 (sample: newly occupied, area × days in use / 365)';

/** Constraint is 15 % above the type's typical figure, base at 90 %, guide at 70 % of it. */
const TIERS = { constraint: 1.15, base: 0.9, guide: 0.7 } as const;

/**
 * One quota per institution. `partYear` names institutions whose quota is scaled to a few days of use, so that a fresh
 * demonstration shows an overrun within its first month of data.
 */
export function makeQuotas(
  institutions: readonly CityInstitution[],
  seed: number,
  partYear: ReadonlySet<string>,
): CityQuota[] {
  return institutions.map(({ code, typeCode, areaM2 }) => {
    const scaled = partYear.has(code);
    const figure = figureOf(typeCode, seed, code) * areaM2 * (scaled ? 12 / 365 : 1);
    const round = (tier: number) => Math.max(1, Math.round((figure * tier) / 10) * 10);
    return {
      institutionCode: code,
      medium: 'electricity',
      unit: 'kWh',
      constraint: round(TIERS.constraint),
      base: round(TIERS.base),
      guide: round(TIERS.guide),
      sample: true,
      sourceDocument: scaled ? PART_YEAR : SOURCE,
    };
  });
}

/** The type's figure with the correction for hours and occupancy that each institution negotiates: 0.85 to 1.1. */
const figureOf = (type: TypeCode, seed: number, code: string): number =>
  typicalKwhPerM2(type) * (0.85 + 0.25 * unit(seed, code, 'quota'));
