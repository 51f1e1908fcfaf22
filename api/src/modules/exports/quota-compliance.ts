import { yearStart } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { Language } from '../../errors/language.ts';
import { COMPLIANCE_COLUMNS } from './columns.ts';
import { csvFile } from './csv.ts';
import { complianceLine } from './rules.ts';
import type { Format } from './schema.ts';
import { complianceRows } from './sql.ts';
import { xlsxFile } from './xlsx.ts';

export interface ComplianceOptions {
  year: number;
  format: Format;
  /** Judged as of this instant, epoch milliseconds; stands in every line. */
  asOf: number;
  locale: Language;
}

/**
 * The quota compliance report of a calendar year (Asia/Shanghai): per institution and medium consumption, coverage, quota,
 * share used and verdict. XLSX and CSV have headings in one language; JSON carries both.
 */
export async function exportQuotaCompliance(db: Db, options: ComplianceOptions): Promise<Buffer> {
  const { year, format, asOf, locale } = options;
  const span = { start: yearStart(year), end: yearStart(year + 1) };
  const lines = (await complianceRows(db, year, span, asOf)).map((row) => complianceLine(row, span, asOf));
  if (format === 'csv') return csvFile(COMPLIANCE_COLUMNS, lines, locale);
  if (format === 'json') return Buffer.from(`${JSON.stringify({ year, items: lines }, null, 2)}\n`);
  const sheet = locale === 'zh' ? `${year}年定额执行情况` : `Quota compliance ${year}`;
  return xlsxFile(sheet, COMPLIANCE_COLUMNS, lines, locale, asOf);
}
