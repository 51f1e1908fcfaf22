import type { Verdict } from '@ganzhi/analytics/rules';
import type { Language } from '../../errors/language.ts';
import type { BookedMedium } from '../consumption/schema.ts';
import type { ComplianceLine } from './rules.ts';

export type Cell = string | number | null;

/** One column of a table file: headings in both languages, the cell, how a number is shown. */
export interface Column<Line> {
  zh: string;
  en: string;
  cell: (line: Line, language: Language) => Cell;
  /** Excel number format. */
  format?: string;
  /** Characters. */
  width: number;
}

const VERDICTS: Readonly<Record<Verdict, Record<Language, string>>> = {
  within: { zh: '未超约束值', en: 'Within constraint' },
  over: { zh: '超约束值', en: 'Over constraint' },
  undecidable: { zh: '数据不足，无法判定', en: 'Undecidable, data incomplete' },
};

const MEDIA: Readonly<Record<BookedMedium, Record<Language, string>>> = {
  electricity: { zh: '电', en: 'Electricity' },
  water: { zh: '水', en: 'Water' },
  gas: { zh: '燃气', en: 'Gas' },
  heat: { zh: '热力', en: 'Heat' },
};

const YES_NO = { true: { zh: '是', en: 'Yes' }, false: { zh: '否', en: 'No' } } as const;
const yesNo = (value: boolean | null, language: Language): string | null =>
  value === null ? null : YES_NO[`${value}`][language];

const AMOUNT = '#,##0.00';
const PERCENT = '0.00%';

export const COMPLIANCE_COLUMNS: readonly Column<ComplianceLine>[] = [
  { zh: '机构代码', en: 'Code', cell: (line) => line.code, width: 14 },
  { zh: '机构名称', en: 'Institution', cell: (line, l) => (l === 'zh' ? line.nameZh : line.nameEn), width: 32 },
  { zh: '机构类型', en: 'Type', cell: (line, l) => (l === 'zh' ? line.typeZh : line.typeEn), width: 16 },
  { zh: '所属区划', en: 'Division', cell: (line, l) => (l === 'zh' ? line.divisionZh : line.divisionEn), width: 14 },
  { zh: '建筑面积（m²）', en: 'Floor area (m²)', cell: (line) => line.areaM2, format: AMOUNT, width: 16 },
  { zh: '能源种类', en: 'Medium', cell: (line, l) => MEDIA[line.medium][l], width: 12 },
  { zh: '定额约束值', en: 'Quota, constraint', cell: (line) => line.constraint, format: AMOUNT, width: 16 },
  { zh: '定额基准值', en: 'Quota, base', cell: (line) => line.base, format: AMOUNT, width: 16 },
  { zh: '定额引导值', en: 'Quota, guide', cell: (line) => line.guide, format: AMOUNT, width: 16 },
  { zh: '计量单位', en: 'Unit', cell: (line) => line.unit, width: 10 },
  { zh: '用能量', en: 'Consumption', cell: (line) => line.consumption, format: AMOUNT, width: 16 },
  { zh: '数据完整率', en: 'Coverage', cell: (line) => line.coverage, format: PERCENT, width: 12 },
  { zh: '用能量为下限', en: 'At least', cell: (line, l) => yesNo(line.atLeast, l), width: 14 },
  { zh: '定额使用率', en: 'Share used', cell: (line) => line.shareUsed, format: PERCENT, width: 12 },
  { zh: '判定', en: 'Verdict', cell: (line, l) => VERDICTS[line.verdict][l], width: 24 },
  { zh: '定额依据', en: 'Quota source', cell: (line) => line.quotaSource, width: 32 },
  { zh: '样例定额', en: 'Sample quota', cell: (line, l) => yesNo(line.sample, l), width: 10 },
  { zh: '数据截至', en: 'As of', cell: (line) => line.asOf, width: 30 },
];
